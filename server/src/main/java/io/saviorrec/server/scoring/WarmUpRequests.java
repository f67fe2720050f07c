package io.saviorrec.server.scoring;

import io.saviorrec.feature.FeatureColumn;
import io.saviorrec.proto.v1.Candidate;
import io.saviorrec.proto.v1.FeatureValue;
import io.saviorrec.proto.v1.ScoreRequest;
import io.saviorrec.proto.v1.User;
import io.saviorrec.server.registry.LiveModel;
import java.util.Random;

/// Makes requests of the first of a model's items, for nobody.
final class WarmUpRequests {
  private static final int MOST_ITEMS = 1000;

  private final LiveModel model;
  private final long[] items;
  private final int most;
  private final int maxCandidates;
  private final Random random = new Random(1);

  /// @param items what the requests ask for; not empty
  WarmUpRequests(LiveModel model, long[] items, int maxCandidates) {
    this.model = model;
    this.maxCandidates = maxCandidates;
    this.items = items;
    this.most = Math.min(items.length, MOST_ITEMS);
  }

  /// A request with so many candidates, no more than one may have.
  ///
  /// @param number one of three has no history, the others half and all of it
  ScoreRequest.Builder next(int candidates, int number) {
    int clicks = model.manifest().dims().historyLength() * (number % 3) / 2;
    User.Builder user = User.newBuilder().setUserId(1 + random.nextInt(1000));
    for (int i = 0; i < clicks; i++) {
      user.addHistory(item());
    }
    ScoreRequest.Builder request =
        ScoreRequest.newBuilder()
            .setRequestId("warm-up-" + number)
            .setModel(model.model())
            .setExact(number % 2 == 0);
    for (FeatureColumn column : model.manifest().features().profile()) {
      user.putProfile(column.name(), value(column));
    }
    for (FeatureColumn column : model.manifest().features().context()) {
      request.putContext(column.name(), value(column));
    }
    for (int i = 0; i < Math.min(candidates, maxCandidates); i++) {
      Candidate.Builder candidate = request.addCandidatesBuilder().setItemId(item());
      if (number % 2 == 0) {
        candidate.setPctrBase(random.nextDouble());
      }
    }
    return request.setUser(user);
  }

  private long item() {
    return items[random.nextInt(most)];
  }

  private FeatureValue value(FeatureColumn column) {
    return column.kind() == FeatureColumn.Kind.NUMERIC
        ? FeatureValue.newBuilder().setNumber(random.nextInt(24)).build()
        : FeatureValue.newBuilder().setText("v" + random.nextInt(24)).build();
  }
}
