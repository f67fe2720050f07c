package io.saviorrec.trainer.encoder;

/// The size of a tokenizer's vocabulary.
///
/// @param size rows of the tables of words
/// @param firstWord the lowest id that is not a special token's
record Vocabulary(int size, int firstWord) {
  /// One that [TokenizerBuilder] made.
  static Vocabulary built(int size) {
    return new Vocabulary(size, TokenizerFile.SPECIAL.size());
  }
}
