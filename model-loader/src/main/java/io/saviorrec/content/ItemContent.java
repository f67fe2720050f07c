package io.saviorrec.content;

import com.google.protobuf.ByteString;
import io.saviorrec.proto.v1.Item;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// What an item shows to people and thus to the encoder: its words and its picture.
///
/// @param itemId the item
/// @param title its title; may be empty
/// @param category a category name; may be empty
/// @param text any further text; may be empty
/// @param image a JPEG, PNG or WebP file, whole; empty when the item has no image. Not copied:
///   neither side may change it.
public record ItemContent(long itemId, String title, String category, String text, byte[] image) {

  /// What a message says of an item.
  public static ItemContent of(Item item) {
    return new ItemContent(
        item.getItemId(),
        item.getTitle(),
        item.getCategory(),
        item.getText(),
        item.getImage().toByteArray());
  }

  /// The message that says this of the item, and no more.
  public Item message() {
    return Item.newBuilder()
        .setItemId(itemId)
        .setTitle(title)
        .setCategory(category)
        .setText(text)
        .setImage(ByteString.copyFrom(image))
        .build();
  }

  /// The text that an encoder reads: these parts, as a rule all of them, blanks left out.
  ///
  /// @param parts in their order
  public String encoderText(List<TextPart> parts) {
    return parts.stream()
        .map(this::part)
        .map(String::strip)
        .filter(part -> !part.isEmpty())
        .collect(Collectors.joining(" "));
  }

  private String part(TextPart part) {
    return switch (part) {
      case TITLE -> title;
      case CATEGORY -> category;
      case TEXT -> text;
    };
  }

  /// Identifies the content whatever the item: [#hash(byte[])] of [#digest].
  public long hash() {
    return hash(digest());
  }

  /// The first eight bytes of a digest, big-endian.
  public static long hash(byte[] digest) {
    return ByteBuffer.wrap(digest).getLong();
  }

  /// SHA-256 of title, category, text and image, each preceded by its length in bytes.
  public byte[] digest() {
    MessageDigest digest = sha256();
    update(digest, title.getBytes(StandardCharsets.UTF_8));
    update(digest, category.getBytes(StandardCharsets.UTF_8));
    update(digest, text.getBytes(StandardCharsets.UTF_8));
    update(digest, image);
    return digest.digest();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ItemContent that
        && itemId == that.itemId
        && title.equals(that.title)
        && category.equals(that.category)
        && text.equals(that.text)
        && Arrays.equals(image, that.image);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(itemId) * 31 + Arrays.hashCode(image);
  }

  @Override
  public String toString() {
    return "ItemContent[itemId=%d, title=%s, category=%s, text=%s, image=%d bytes]"
        .formatted(itemId, title, category, text, image.length);
  }

  private static void update(MessageDigest digest, byte[] field) {
    // The length keeps "ab" + "c" and "a" + "bc" apart.
    int length = field.length;
    digest.update(
        new byte[] {
          (byte) (length >>> 24), (byte) (length >>> 16), (byte) (length >>> 8), (byte) length
        });
    digest.update(field);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
