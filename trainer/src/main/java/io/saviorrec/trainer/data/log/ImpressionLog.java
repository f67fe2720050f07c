package io.saviorrec.trainer.data.log;

import java.util.Arrays;

/// Some impressions of a data set as columns: page views in the order of (time, user), and the
/// samples of page `p` at `pageStart[p]` to `pageStart[p + 1]`.
///
/// A page view is what one user was shown in one second. Its history are the clicks
/// `[historyStart[p] … historyEnd[p])`, see [#clickItem]: the user's clicks strictly before it,
/// oldest first. Nobody writes to the arrays after loading.
public final class ImpressionLog {
  public final long[] pageUser;

  /// Unix seconds.
  public final long[] pageTime;

  /// Days since 1970-01-01 UTC.
  public final int[] pageDay;

  /// Offsets into the samples, `pages() + 1` of them.
  public final int[] pageStart;

  public final long[] historyStart;
  public final long[] historyEnd;

  /// Feature rows of the user, `profileWidth` a page.
  public final long[] pageProfile;

  /// Feature rows of the page view's first impression, `contextWidth` a page.
  public final long[] pageContext;

  /// Catalogue indices.
  public final int[] sampleItem;

  public final boolean[] clicked;

  /// The base model's click probability, NaN where the log has none.
  public final float[] pctrBase;

  public final int profileWidth;
  public final int contextWidth;

  private final ClickSequence clicks;

  private ImpressionLog(Builder rows) {
    this.pageUser = Arrays.copyOf(rows.pageUser, rows.pages);
    this.pageTime = Arrays.copyOf(rows.pageTime, rows.pages);
    this.pageDay = new int[rows.pages];
    Arrays.setAll(pageDay, page -> Day.of(pageTime[page]));
    this.pageStart = Arrays.copyOf(rows.pageStart, rows.pages + 1);
    pageStart[rows.pages] = rows.samples;
    this.historyStart = Arrays.copyOf(rows.historyStart, rows.pages);
    this.historyEnd = Arrays.copyOf(rows.historyEnd, rows.pages);
    this.profileWidth = rows.profileWidth;
    this.contextWidth = rows.contextWidth;
    this.pageProfile = Arrays.copyOf(rows.pageProfile, rows.pages * profileWidth);
    this.pageContext = Arrays.copyOf(rows.pageContext, rows.pages * contextWidth);
    this.sampleItem = Arrays.copyOf(rows.sampleItem, rows.samples);
    this.clicked = Arrays.copyOf(rows.clicked, rows.samples);
    this.pctrBase = Arrays.copyOf(rows.pctrBase, rows.samples);
    this.clicks = rows.clicks;
  }

  public int pages() {
    return pageUser.length;
  }

  public int samples() {
    return sampleItem.length;
  }

  /// The catalogue index of a click, of all clicks by user and then by time.
  public int clickItem(long click) {
    return clicks.item(click);
  }

  /// Clicks before the page view.
  public int historySize(int page) {
    return Math.toIntExact(historyEnd[page] - historyStart[page]);
  }

  /// Whether a user's later page view has the day, the features and the history of an earlier one.
  public boolean isUnchanged(int page, int later) {
    return pageDay[page] == pageDay[later]
        && historyEnd[page] == historyEnd[later]
        && same(pageProfile, profileWidth, page, later)
        && same(pageContext, contextWidth, page, later);
  }

  private static boolean same(long[] rows, int width, int page, int other) {
    return Arrays.equals(
        rows, page * width, (page + 1) * width, rows, other * width, (other + 1) * width);
  }

  /// The first page at or after the given second; `pages()` if there is none.
  public int firstPageAt(long unixSeconds) {
    int low = 0;
    int high = pageTime.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (pageTime[middle] < unixSeconds) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /// The last page view of a user, or -1 if the log has none.
  public int latestPageOf(long userId) {
    int page = pages() - 1;
    while (page >= 0 && pageUser[page] != userId) {
      page--;
    }
    return page;
  }

  /// Takes page views and their samples one by one.
  public static final class Builder {
    private final ClickSequence clicks;
    private final int profileWidth;
    private final int contextWidth;
    private int pages;
    private int samples;
    private long[] pageUser = new long[16];
    private long[] pageTime = new long[16];
    private int[] pageStart = new int[16];
    private long[] historyStart = new long[16];
    private long[] historyEnd = new long[16];
    private long[] pageProfile;
    private long[] pageContext;
    private int[] sampleItem = new int[16];
    private boolean[] clicked = new boolean[16];
    private float[] pctrBase = new float[16];

    /// @param clicks of the whole data set
    public Builder(ClickSequence clicks, int profileWidth, int contextWidth) {
      this.clicks = clicks;
      this.profileWidth = profileWidth;
      this.contextWidth = contextWidth;
      this.pageProfile = new long[16 * profileWidth];
      this.pageContext = new long[16 * contextWidth];
    }

    /// Whether samples of this user and second belong to the page view begun last.
    public boolean isIn(long user, long time) {
      return pages > 0 && pageUser[pages - 1] == user && pageTime[pages - 1] == time;
    }

    /// Begins a page view; its features are to be written into [#profile] and [#context].
    public void page(long user, long time, long firstOfHistory, long endOfHistory) {
      if (pages + 1 >= pageUser.length) {
        int room = grown(pages + 1);
        pageUser = Arrays.copyOf(pageUser, room);
        pageTime = Arrays.copyOf(pageTime, room);
        pageStart = Arrays.copyOf(pageStart, room);
        historyStart = Arrays.copyOf(historyStart, room);
        historyEnd = Arrays.copyOf(historyEnd, room);
        pageProfile = Arrays.copyOf(pageProfile, Math.multiplyExact(room, profileWidth));
        pageContext = Arrays.copyOf(pageContext, Math.multiplyExact(room, contextWidth));
      }
      pageUser[pages] = user;
      pageTime[pages] = time;
      pageStart[pages] = samples;
      historyStart[pages] = firstOfHistory;
      historyEnd[pages] = endOfHistory;
      pages++;
    }

    /// Sets a profile column of the page view begun last.
    public void profile(int column, long row) {
      pageProfile[(pages - 1) * profileWidth + column] = row;
    }

    /// Sets a context column of the page view begun last.
    public void context(int column, long row) {
      pageContext[(pages - 1) * contextWidth + column] = row;
    }

    /// Adds a sample to the page view begun last.
    public void sample(int item, boolean isClicked, float base) {
      if (samples == sampleItem.length) {
        int room = grown(samples);
        sampleItem = Arrays.copyOf(sampleItem, room);
        clicked = Arrays.copyOf(clicked, room);
        pctrBase = Arrays.copyOf(pctrBase, room);
      }
      sampleItem[samples] = item;
      clicked[samples] = isClicked;
      pctrBase[samples] = base;
      samples++;
    }

    private static int grown(int size) {
      return Math.toIntExact(size + (size >> 1) + 16L);
    }

    public ImpressionLog build() {
      return new ImpressionLog(this);
    }
  }
}
