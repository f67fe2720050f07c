package io.saviorrec.server.engine;

import io.saviorrec.bundle.ItemBatch;
import io.saviorrec.contract.ScoreBatch;
import io.saviorrec.contract.UserBatch;
import io.saviorrec.engine.Representations;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The computations of one loaded model; tests replace it by a fake.
///
/// All methods may be called from many threads at once. D is the length of z, L the number of codes
/// of an item, S the number of item statistics.
public interface ModelEngine extends AutoCloseable {
  /// Encodes and quantises items.
  ///
  /// @param pixels for each item its image as `ImagePreprocessor` makes it, or null
  /// @param texts for each item the text that the encoder reads
  Representations encode(byte[] @Nullable [] pixels, List<String> texts);

  /// The semantic IDs `[B · L]` of embeddings `[B · D]`.
  int[] quantize(float[] z);

  /// `‖z_align − z‖ / ‖z‖` of MBA (eqs. 8 and 9) for each item: how far alignment moves it.
  ///
  /// @param z `[B · D]`
  /// @param codes `[B · L]`
  float[] alignmentRatio(float[] z, int[] codes);

  /// Computes the states of items and puts them into slots of the engine's table.
  ///
  /// @param slots `[B]`, all different, none of them the unknown item's
  void putItems(int[] slots, ItemBatch items);

  /// Computes the states of users and puts them into slots of the engine's table of users.
  void putUsers(UserBatch users);

  /// The click probability of each candidate of each request.
  float[][] score(ScoreBatch batch);

  @Override
  void close();
}
