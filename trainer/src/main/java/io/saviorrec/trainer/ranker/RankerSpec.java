package io.saviorrec.trainer.ranker;

/// What the data decides about the ranker's shape.
///
/// @param zDim D, the width of z
/// @param levels L, the residual levels of a semantic ID
/// @param codebookSize K, the codes of each level
/// @param profileColumns profile columns of a request
/// @param profileTableSize rows of the table that they share
/// @param contextColumns context columns of a request
/// @param contextTableSize rows of the table that they share
/// @param itemColumns columns of an item
/// @param itemTableSize rows of the table that they share
/// @param itemVocabulary sorted IDs of the items that have an ID embedding of their own
/// @param userVocabulary sorted IDs of the users that have one; empty when the user's ID is not an
///   input
/// @param statBoundaries f32[S+1][buckets-1], ascending, of each statistic of the schema and, last,
///   of the smoothed click rate
/// @param statMeans f32[S+1], means of the same as numbers: log(1 + x) of each statistic, and the
///   logit of the click rate
/// @param statDeviations f32[S+1], their standard deviations
/// @param baseBoundaries ascending bucket boundaries of logit(pctr_base)
/// @param baseMean mean of logit(pctr_base)
/// @param baseDeviation its standard deviation
/// @param clickRate the training period's click rate, the prior of an item's
public record RankerSpec(
    int zDim,
    int levels,
    int codebookSize,
    int profileColumns,
    int profileTableSize,
    int contextColumns,
    int contextTableSize,
    int itemColumns,
    int itemTableSize,
    long[] itemVocabulary,
    long[] userVocabulary,
    float[][] statBoundaries,
    float[] statMeans,
    float[] statDeviations,
    float[] baseBoundaries,
    double baseMean,
    double baseDeviation,
    double clickRate) {}
