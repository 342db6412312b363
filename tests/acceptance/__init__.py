"""Acceptance tests: written from the contract, not from the code, and run through the public interface only."""
