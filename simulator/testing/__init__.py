"""What test suites import: HTTP client and pytest plugin, standard library only, MIT licence."""

# SPDX-License-Identifier: MIT
