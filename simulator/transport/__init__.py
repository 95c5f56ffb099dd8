"""Servers and clients of the protocols that partners speak; they reach a node through its port."""
