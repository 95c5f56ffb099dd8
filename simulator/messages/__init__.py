"""The documents of the exchange: readers (bytes to facts), writers (values to bytes), archives."""
