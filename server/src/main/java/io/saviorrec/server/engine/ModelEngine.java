package io.saviorrec.server.engine;

import io.saviorrec.engine.LoadedModel;
import io.saviorrec.engine.Representations;
import io.saviorrec.engine.ScoreInput;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The computations of one loaded model; tests replace it by a fake.
///
/// All methods may be called from many threads at once. D is the length of z, L the number of codes
/// of an item, S the number of item statistics.
public interface ModelEngine extends AutoCloseable {
  /// The slot that always holds the item of which nothing is known.
  int UNKNOWN_SLOT = LoadedModel.UNKNOWN_SLOT;

  /// The item id that stands for it.
  long UNKNOWN_ITEM = LoadedModel.UNKNOWN_ITEM;

  /// Encodes and quantizes items.
  ///
  /// @param pixels for each item its image as `ImagePreprocessor` makes it, or null
  /// @param texts for each item the text that the encoder reads
  Representations encode(byte[] @Nullable [] pixels, List<String> texts);

  /// `‖z_align − z‖ / ‖z‖` of MBA (eqs. 8 and 9) for each item: how far alignment moves it.
  ///
  /// @param z `[B · D]`
  /// @param codes `[B · L]`
  float[] alignmentRatio(float[] z, int[] codes);

  /// Computes the states of items and puts them into slots of the engine's table.
  ///
  /// @param slots `[B]`, all different, none of them [#UNKNOWN_SLOT]
  /// @param itemIds `[B]`
  /// @param stats `[B · S]`, raw values
  /// @param z `[B · D]`
  /// @param codes `[B · L]`
  void putItems(int[] slots, long[] itemIds, float[] stats, float[] z, int[] codes);

  /// The click probability of each candidate.
  float[] score(ScoreInput input);

  @Override
  void close();
}
