package io.saviorrec.trainer.pretrained;

import io.saviorrec.bundle.Safetensors.DType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// The forms in which a CN-CLIP is published.
public enum CheckpointForms {
  SAFETENSORS,
  SAFETENSORS_F16,
  SAFETENSORS_BF16,
  BIN,
  BIN_OF_AN_OLDER_PYTORCH,
  PT,
  PT_F16;

  /// Writes the model in this form and returns where it is.
  public Path write(TinyClip clip, Path folder) {
    return switch (this) {
      case SAFETENSORS -> clip.folder(folder, DType.F32);
      case SAFETENSORS_F16 -> clip.folder(folder, DType.F16);
      case SAFETENSORS_BF16 -> clip.folder(folder, DType.BF16);
      case BIN -> bin(clip, folder, false);
      case BIN_OF_AN_OLDER_PYTORCH -> bin(clip, folder, true);
      case PT -> pt(clip, folder, DType.F32);
      case PT_F16 -> pt(clip, folder, DType.F16);
    };
  }

  private static Path bin(TinyClip clip, Path folder, boolean older) {
    clip.folder(folder, DType.F32);
    Path file = folder.resolve("pytorch_model.bin");
    try {
      Files.delete(folder.resolve("model.safetensors"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (older) {
      StateDictWriter.older(file, clip.weights, DType.F32);
    } else {
      StateDictWriter.zip(file, clip.weights, DType.F32);
    }
    return folder;
  }

  private static Path pt(TinyClip clip, Path folder, DType dtype) {
    try {
      Files.write(folder.resolve("vocab.txt"), TinyClip.WORDS);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return StateDictWriter.zip(folder.resolve("clip.pt"), clip.original(), dtype);
  }
}
