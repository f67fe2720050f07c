package io.saviorrec.trainer.movielens;

import io.saviorrec.trainer.data.log.Cuts;
import io.saviorrec.trainer.data.table.Reject;
import java.util.List;

/// What an import wrote, and the rows that it could not use.
///
/// @param clickRate share of the impressions that were clicked
/// @param images items with a poster
/// @param plots items with a plot
/// @param cuts where the data set is split, at 70 and 80 % of the impressions
public record ImportResult(
    String name,
    long items,
    long impressions,
    long users,
    double clickRate,
    long images,
    long plots,
    Cuts cuts,
    List<Reject> rejects) {}
