package io.saviorrec.exposure;

import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;

/// The Avro schema of the exposure log, and the names of its fields.
final class ExposureSchema {
  static final String REQUEST_ID = "request_id";
  static final String TIME_MS = "time_ms";
  static final String USER_ID = "user_id";
  static final String UNIT = "unit";
  static final String BUCKET = "bucket";
  static final String MODEL = "model";
  static final String VERSION = "version";
  static final String VARIANT = "variant";
  static final String LABEL = "label";
  static final String DEGRADED = "degraded";
  static final String ITEMS = "item_ids";
  static final String PCTR = "pctr";
  static final String RANKS = "ranks";
  static final String SOURCES = "sources";
  static final String PCTR_BASE = "pctr_base";
  static final String CONTEXT = "context";
  static final String PROFILE = "profile";

  private static final Schema VALUE =
      SchemaBuilder.unionOf().stringType().and().doubleType().endUnion();

  static final Schema SCHEMA =
      SchemaBuilder.record("Exposure")
          .namespace("io.saviorrec")
          .fields()
          .requiredString(REQUEST_ID)
          .requiredLong(TIME_MS)
          .requiredLong(USER_ID)
          .requiredString(UNIT)
          .requiredString(BUCKET)
          .requiredString(MODEL)
          .requiredLong(VERSION)
          .requiredString(VARIANT)
          .requiredString(LABEL)
          .requiredString(DEGRADED)
          .name(ITEMS)
          .type()
          .array()
          .items()
          .longType()
          .noDefault()
          .name(PCTR)
          .type()
          .array()
          .items()
          .floatType()
          .noDefault()
          .name(RANKS)
          .type()
          .array()
          .items()
          .intType()
          .noDefault()
          .name(SOURCES)
          .type()
          .array()
          .items()
          .stringType()
          .noDefault()
          .name(PCTR_BASE)
          .type()
          .array()
          .items()
          .floatType()
          .noDefault()
          .name(CONTEXT)
          .type()
          .map()
          .values(VALUE)
          .noDefault()
          .name(PROFILE)
          .type()
          .map()
          .values(VALUE)
          .noDefault()
          .endRecord();

  private ExposureSchema() {}
}
