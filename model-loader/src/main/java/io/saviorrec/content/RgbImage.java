package io.saviorrec.content;

/// A decoded image: unsigned bytes `[height, width, 3]`.
record RgbImage(int width, int height, byte[] pixels) {}
