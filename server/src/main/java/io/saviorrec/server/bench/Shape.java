package io.saviorrec.server.bench;

/// What is scored at once.
///
/// @param candidates of a request
/// @param history clicks of its user
/// @param width columns of a matrix product that stands for a request
/// @param bf16 whether that product is one of bf16 numbers
record Shape(int candidates, int history, int width, boolean bf16) {}
