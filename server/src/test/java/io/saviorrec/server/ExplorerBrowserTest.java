package io.saviorrec.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/// The explorer in a real browser. What it looked like lies in `target/explorer`.
@Timeout(180)
class ExplorerBrowserTest extends ExplorerServersTest {
  private static final Duration PATIENCE = Duration.ofSeconds(40);
  private static final Path SCREENS = Path.of("target", "explorer");

  /// It says of each browser that it has no protocol made for its version, which nothing here uses.
  private static final Logger SELENIUM = Logger.getLogger("org.openqa.selenium");

  private @Nullable ChromeDriver opened;

  @BeforeAll
  static void quiet() {
    SELENIUM.setLevel(Level.SEVERE);
  }

  @AfterEach
  void closeBrowser() {
    if (opened != null) {
      opened.quit();
    }
  }

  /// Skips the test where there is no Chromium, or no driver for it.
  private static Path require(String program) {
    return List.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1)).stream()
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseGet(
            () -> {
              assumeTrue(false, "needs Debian's packages chromium and chromium-driver");
              throw new AssertionError();
            });
  }

  private ChromeDriver open(int width, int height, String scheme) {
    Path chromium = require("chromium");
    Path driver = require("chromedriver");
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium.toFile());
    options.addArguments(
        "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage");
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable(LogType.BROWSER, Level.ALL);
    options.setCapability(ChromeOptions.LOGGING_PREFS, logs);
    ChromeDriver browser =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(driver.toFile())
                .usingAnyFreePort()
                .build(),
            options);
    opened = browser;
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    return browser;
  }

  private static void visit(ChromeDriver browser, Server server, String place) {
    browser.get("http://127.0.0.1:" + server.adminPort() + "/explore" + place);
    await(() -> !browser.findElements(By.tagName("h1")).isEmpty());
  }

  /// Waits for what the page does by itself.
  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!holds(condition)) {
      if (System.nanoTime() > end) {
        throw new AssertionError("it did not come in " + PATIENCE);
      }
      Thread.onSpinWait();
    }
  }

  private static boolean holds(BooleanSupplier condition) {
    try {
      return condition.getAsBoolean();
    } catch (StaleElementReferenceException e) {
      return false;
    }
  }

  private static String text(ChromeDriver browser, String selector) {
    return browser.findElement(By.cssSelector(selector)).getText();
  }

  private static void look(ChromeDriver browser, String name) throws IOException {
    Files.createDirectories(SCREENS);
    Files.write(SCREENS.resolve(name + ".png"), browser.getScreenshotAs(OutputType.BYTES));
  }

  /// What the browser says, but for pictures that are none.
  private static List<String> complaints(ChromeDriver browser) {
    return browser.manage().logs().get(LogType.BROWSER).getAll().stream()
        .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
        .map(LogEntry::getMessage)
        .filter(message -> !message.contains("/explore/picture?id="))
        .toList();
  }

  private static Object script(ChromeDriver browser, String script) {
    return Objects.requireNonNull(browser.executeScript(script), script);
  }

  private static void assertNothingRan(ChromeDriver browser) {
    assertThat(browser.executeScript("return document.documentElement.dataset.ran ?? null"))
        .isNull();
    assertThat(browser.findElements(By.cssSelector("main script, main img[src=x], main b b")))
        .isEmpty();
  }

  @Test
  void titlesAndPicturesOfADataSetRunNothingAndAreShownAsTheyAre() throws Exception {
    Server server = start(Map.of());
    ChromeDriver browser = open(1280, 1400, "light");

    visit(browser, server, "#/feed/" + USER);
    await(() -> !browser.findElements(By.cssSelector(".why a")).isEmpty());
    List<String> titles =
        browser.findElements(By.cssSelector(".grid .title")).stream()
            .map(WebElement::getText)
            .toList();
    assertThat(titles)
        .anyMatch(title -> title.startsWith("<script>document"))
        .anyMatch(title -> title.startsWith("\"><img src=x onerror="))
        .anyMatch(title -> title.contains("\u56F4\u5DFE"));
    look(browser, "feed-light");
    assertNothingRan(browser);
    for (long item : new long[] {SCRIPT, HANDLER, BACKWARDS, LONG, CHINESE, SVG, HTML, POLYGLOT}) {
      visit(browser, server, "#/item/" + item);
      await(() -> text(browser, "dl").contains(Long.toString(item)));
      look(browser, "item-" + item);
      assertNothingRan(browser);
      assertThat((Long) script(browser, "return document.documentElement.scrollWidth"))
          .isLessThanOrEqualTo(1280L);
    }
    // Asked for as pages, or as a script of another page, they run nothing either.
    for (long item : new long[] {SVG, HTML, POLYGLOT}) {
      browser.get("http://127.0.0.1:" + server.adminPort() + "/explore/picture?id=" + item);
      assertNothingRan(browser);
    }
    browser.get("http://127.0.0.1:" + server.adminPort() + "/explore#/models");
    String loaded =
        (String)
            browser.executeAsyncScript(
                "const done = arguments[0]; const s = document.createElement('script');"
                    + "s.onload = () => done('loaded'); s.onerror = () => done('refused');"
                    + "try { s.src = '/explore/picture?id="
                    + POLYGLOT
                    + "'; document.head.append(s); } catch (e) { done('refused'); }");
    assertThat(loaded).isEqualTo("refused");
    assertNothingRan(browser);
  }

  @Test
  void everythingCanBeDoneWithoutAMouseAndThePlaceIsSeen() throws Exception {
    Server server = start(Map.of());
    ChromeDriver browser = open(1280, 1000, "dark");
    visit(browser, server, "");
    await(() -> !browser.findElements(By.cssSelector(".why a")).isEmpty());

    press(browser, Keys.TAB);
    assertThat(focused(browser, "id")).isEqualTo("skip");
    press(browser, Keys.ENTER);
    assertThat(focused(browser, "id")).isEqualTo("main");
    for (int i = 0; i < 60 && !"over".equals(focused(browser, "className")); i++) {
      press(browser, Keys.TAB);
      assertThat(
              script(
                  browser,
                  "const s = getComputedStyle(document.activeElement);"
                      + "const c = document.activeElement.closest('.card');"
                      + "return s.outlineStyle !== 'none' || (c && getComputedStyle(c).outlineStyle !== 'none')"))
          .as("the focus on %s is seen", focused(browser, "outerHTML"))
          .isEqualTo(true);
    }
    look(browser, "keyboard-dark");
    String title = focused(browser, "textContent");
    press(browser, Keys.ENTER);
    await(() -> text(browser, "h1").equals(title.strip()));
    assertThat(focused(browser, "tagName")).isEqualTo("H1");
    assertThat(script(browser, unlabelled())).isEqualTo(0L);
    look(browser, "item-dark");
  }

  private static String unlabelled() {
    return "return [...document.querySelectorAll('input, select, textarea, button, a')]"
        + ".filter(e => !(e.labels?.length || e.textContent.trim() || e.getAttribute('aria-label')))"
        + ".length";
  }

  private static void press(ChromeDriver browser, Keys key) {
    browser.switchTo().activeElement().sendKeys(key);
  }

  private static String focused(ChromeDriver browser, String property) {
    return String.valueOf(browser.executeScript("return document.activeElement." + property));
  }

  @Test
  void anItemThatIsPutUpIsRankedInTheFeedAMomentLater() throws Exception {
    Server server = start(Map.of());
    Path picture = folder.resolve("new.png");
    Files.write(picture, png());
    ChromeDriver browser = open(1280, 1000, "light");
    visit(browser, server, "#/new");

    assertThat(script(browser, unlabelled())).isEqualTo(0L);
    browser.findElement(By.name("title")).sendKeys("<b>Robot</b> scarf \u56F4\u5DFE");
    browser.findElement(By.name("image")).sendKeys(picture.toAbsolutePath().toString());
    await(() -> !browser.findElements(By.cssSelector(".drop img")).isEmpty());
    look(browser, "new-light");
    browser.findElement(By.name("title")).sendKeys(Keys.TAB);
    browser.findElement(By.cssSelector("form.entry button.main")).click();
    await(() -> !browser.findElements(By.cssSelector(".card.added")).isEmpty());
    assertThat(text(browser, ".card.added .title")).isEqualTo("<b>Robot</b> scarf \u56F4\u5DFE");
    await(
        () ->
            script(
                    browser,
                    "return document.querySelector('.card.added .picture img')?.naturalWidth ?? 0")
                .equals(64L));
    assertThat(text(browser, ".notice.good")).contains("at rank", "of 14");
    look(browser, "added-light");
    assertNothingRan(browser);
    assertThat(complaints(browser)).isEmpty();
  }

  @Test
  void aWrongItemIsSaidBesideTheForm() throws Exception {
    Server server = start(Map.of());
    ChromeDriver browser = open(1280, 1000, "light");
    visit(browser, server, "#/new");

    browser.findElement(By.cssSelector("form.entry button.main")).click();
    await(() -> text(browser, "form .notice").equals("Give it a title or a picture."));
    browser.findElement(By.name("title")).sendKeys("A scarf");
    browser.findElement(By.name("id")).clear();
    browser.findElement(By.name("id")).sendKeys(Long.toString(SCRIPT));
    browser.findElement(By.cssSelector("form.entry button.main")).click();
    await(() -> text(browser, "form .notice").startsWith("there is an item 11 already"));
  }

  @Test
  void onAPhoneEveryPageIsAsWideAsTheScreen() throws Exception {
    Server server = start(Map.of());
    ChromeDriver browser = open(360, 740, "dark");

    for (String place :
        List.of(
            "#/feed/" + USER,
            "#/items",
            "#/item/" + LONG,
            "#/item/" + HANDLER,
            "#/new",
            "#/models")) {
      visit(browser, server, place);
      await(() -> browser.findElement(By.tagName("main")).getDomAttribute("aria-busy") == null);
      assertThat(script(browser, "return document.documentElement.scrollWidth"))
          .as(place)
          .isEqualTo(360L);
      look(browser, "phone-" + place.replaceAll("[^a-z]", ""));
    }
    assertNothingRan(browser);
  }
}
