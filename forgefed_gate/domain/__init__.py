"""What is true: the rules of the gate, free of clocks, randomness and I/O."""
