package io.saviorrec.trainer.serving;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jline.utils.WCWidth;

/// How many columns of a terminal text takes: characters of East Asian scripts and emoji take two,
/// combining marks none.
final class DisplayWidth {
  /// What a reader takes for one character, for instance a letter with its accents.
  private static final Pattern CHARACTER = Pattern.compile("\\X");

  private static final int ZERO_WIDTH_JOINER = 0x200D;
  private static final int EMOJI_PRESENTATION = 0xFE0F;
  private static final String ELLIPSIS = "…";

  private DisplayWidth() {}

  static int of(String text) {
    int width = 0;
    Matcher character = CHARACTER.matcher(text);
    while (character.find()) {
      width += ofCharacter(character.group());
    }
    return width;
  }

  /// With as many spaces as bring it to the width.
  static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - of(text)));
  }

  /// What fits the width, with an ellipsis where that is not all.
  static String cut(String text, int width) {
    if (of(text) <= width) {
      return text;
    }
    int left = width - of(ELLIPSIS);
    StringBuilder kept = new StringBuilder();
    Matcher character = CHARACTER.matcher(text);
    while (character.find()) {
      left -= ofCharacter(character.group());
      if (left < 0) {
        break;
      }
      kept.append(character.group());
    }
    return kept + ELLIPSIS;
  }

  /// The columns of its code points together, but for emoji, which are drawn as one of two columns
  /// however many they are made of.
  private static int ofCharacter(String character) {
    int[] codePoints = character.codePoints().toArray();
    int width = 0;
    for (int i = 0; i < codePoints.length; i++) {
      if (i > 0 && joinsEmoji(codePoints[i])) {
        return 2;
      }
      width += Math.max(0, WCWidth.wcwidth(codePoints[i]));
    }
    return width;
  }

  private static boolean joinsEmoji(int codePoint) {
    boolean skin = codePoint >= 0x1F3FB && codePoint <= 0x1F3FF;
    boolean halfFlag = codePoint >= 0x1F1E6 && codePoint <= 0x1F1FF;
    return skin || halfFlag || codePoint == EMOJI_PRESENTATION || codePoint == ZERO_WIDTH_JOINER;
  }
}
