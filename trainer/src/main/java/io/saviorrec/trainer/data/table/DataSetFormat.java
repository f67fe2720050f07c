package io.saviorrec.trainer.data.table;

import java.util.List;

/// The names of the files, columns and keys of a data set on disk, described in `docs/DATA.md`.
public final class DataSetFormat {
  /// Base names of the tables; each is one file with one of the [#EXTENSIONS].
  public static final String ITEMS = "items";

  public static final String IMPRESSIONS = "impressions";
  public static final String USERS = "users";

  public static final List<String> EXTENSIONS = List.of("parquet", "csv", "jsonl");

  public static final String IMAGES = "images";

  /// The optional description and its keys; the cuts are unix seconds.
  public static final String DESCRIPTION = "dataset.json";

  public static final String NAME = "name";
  public static final String WARMUP_UNTIL = "warmup_until";
  public static final String VALIDATION_FROM = "validation_from";
  public static final String TEST_FROM = "test_from";

  /// What ids are: `number` or `text`.
  public static final String IDS = "ids";

  /// Columns of the items whose words an encoder reads.
  public static final String WORDS = "words";

  /// How generated data was made, as its generator likes to put it; not read.
  public static final String GENERATOR = "generator";

  public static final String ITEM_ID = "item_id";
  public static final String TITLE = "title";
  public static final String IMAGE = "image";
  public static final String CATEGORY = "category";

  public static final String USER_ID = "user_id";
  public static final String TIMESTAMP = "timestamp";
  public static final String CLICKED = "clicked";
  public static final String PCTR_BASE = "pctr_base";

  /// What generated data was made from, which only an evaluation opens: the true click
  /// probabilities and the latent properties of the items.
  public static final String TRUTH_IMPRESSIONS = "truth/impressions.parquet";

  public static final String TRUTH_ITEMS = "truth/items.parquet";

  public static final String CLICK_PROBABILITY = "click_probability";

  private DataSetFormat() {}
}
