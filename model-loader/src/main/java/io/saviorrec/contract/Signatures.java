package io.saviorrec.contract;

import java.util.Map;

/// How the methods of a bundle's archives are called, for people: names, types and shapes of what
/// they take and give. [RankerContract] says what the letters mean.
public final class Signatures {
  private static final Map<String, String> BY_METHOD =
      Map.ofEntries(
          Map.entry(
              "forward",
              "forward(images u8[B,3,H,W], image_present bool[B], token_ids i64[B,T],"
                  + " token_mask bool[B,T]) → f32[B,D]"),
          Map.entry("quantize", "quantize(z f32[B,D]) → i64[B,L]"),
          Map.entry("align", "align(z f32[B,D], codes i64[B,L]) → f32[B,D]"),
          Map.entry("prepare", "prepare(precision i64[1])"),
          Map.entry("resize_items", "resize_items(capacity i64[1])"),
          Map.entry("resize_users", "resize_users(capacity i64[1])"),
          Map.entry(
              "item_state",
              "item_state(item_id i64[B], stats f32[B,S], features i64[B,F], z f32[B,D],"
                  + " codes i64[B,L]) → f32[B,E]"),
          Map.entry("put_items", "put_items(slots i64[B], states f32[B,E])"),
          Map.entry("put_users", "put_users(changes i64[G,6+P+X], items i64[N])"),
          Map.entry(
              "put_users_and_tastes",
              "put_users_and_tastes(changes i64[G,6+P+X], items i64[N], tastes f32[G,D])"),
          Map.entry("score", "score(users i64[G,3], items i64[R+N], pctr_base f32[R]) → f32[R]"));

  private Signatures() {}

  /// The signature of a method; its name alone where it is none of a bundle's.
  public static String of(String method) {
    return BY_METHOD.getOrDefault(method, method);
  }
}
