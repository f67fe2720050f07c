package io.saviorrec.trainer.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.saviorrec.content.TextPart;
import io.saviorrec.trainer.console.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which columns of the items are words for an encoder.
class DataSetWordsTest {
  @TempDir private Path folder;

  @BeforeEach
  void write() throws IOException {
    Files.writeString(
        folder.resolve("items.csv"),
        "item_id,title,image,category,brand,plot\n1,robe,,clothes,acme,once\n");
    StringBuilder log = new StringBuilder("user_id,item_id,timestamp,clicked\n");
    for (int i = 0; i < 20; i++) {
      log.append("1,1,").append(1000 + i).append(",1\n");
    }
    Files.writeString(folder.resolve("impressions.csv"), log);
  }

  private DataSet open(String words) throws IOException {
    Files.writeString(folder.resolve("dataset.json"), "{" + words + "}");
    return DataSet.open(folder);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                                  | robe clothes acme once | title category text
          "words": null                       | robe clothes acme once | title category text
          "words": ["plot", "title"]          | robe once              | title text
          "words": ["category"]               | clothes                | category
          "words": ["brand"]                  | acme                   | text
          "words": ["plot", "brand"]          | acme once              | text
          """)
  void areThoseThatTheDescriptionNames(String description, String read, String parts)
      throws IOException {
    try (DataSet data = open(description)) {
      assertThat(data.items().words(0)).isEqualTo(read);
      assertThat(data.items().textParts())
          .extracting(TextPart::toString)
          .containsExactly(parts.split(" "));
      assertThat(data.items().title(0)).isEqualTo("robe");
      assertThat(data.items().category(0)).isEqualTo("clothes");
    }
  }

  @Test
  void aColumnThatIsNotThereIsAnError() {
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(() -> open("\"words\": [\"brand\", \"colour\"]"))
        .withMessage(
            folder.resolve("dataset.json")
                + ": words names the column 'colour', which items.csv lacks; it may name [title,"
                + " category, brand, plot]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      []
      "title"
      [1]
      [""]
      {"a": "title"}
      """)
  void whatIsNoListOfColumnsIsAnError(String words) {
    assertThatExceptionOfType(UserError.class)
        .isThrownBy(() -> open("\"words\": " + words))
        .withMessage(
            folder.resolve("dataset.json")
                + ": words must be a list of columns of the items, at least one, was "
                + words.replace(": ", ":"));
  }
}
