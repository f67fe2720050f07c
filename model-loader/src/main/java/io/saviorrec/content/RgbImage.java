package io.saviorrec.content;

/// A decoded image: unsigned bytes `[height, width, 3]`.
@SuppressWarnings("ArrayRecordComponent") // carried from decoder to resizer, never compared
record RgbImage(int width, int height, byte[] pixels) {}
