package io.saviorrec.trainer.synth;

/// The vocabulary of titles: a few words for every concept, and words that mean nothing.
final class Words {
  /// Names of the categories, as the item table carries them.
  static final String[] CATEGORY_NAMES = {
    "Book", "Robe", "Scarf", "Mug", "Lamp", "Kite", "Backpack", "Hat",
    "Shoe", "Chair", "Cushion", "Watch", "Umbrella", "Guitar", "Bottle", "Car",
    "Ring", "Candle", "Plate", "Flag", "Tent", "Pendant", "Glasses", "Case"
  };

  static final String[][] CATEGORIES = {
    {"Book", "Novel", "Paperback", "Storybook"},
    {"Robe", "Gown", "Cloak", "Bathrobe"},
    {"Scarf", "Shawl", "Wrap", "Neckwarmer"},
    {"Mug", "Cup", "Teacup", "Beaker"},
    {"Lamp", "Light", "Lantern", "Nightlight"},
    {"Kite", "Glider", "Windkite", "Flyer"},
    {"Backpack", "Rucksack", "Schoolbag", "Daypack"},
    {"Hat", "Cap", "Beanie", "Fedora"},
    {"Shoe", "Sneaker", "Trainer", "Slipper"},
    {"Chair", "Stool", "Seat", "Armchair"},
    {"Cushion", "Pillow", "Bolster", "Headrest"},
    {"Watch", "Wristwatch", "Timepiece", "Chronograph"},
    {"Umbrella", "Parasol", "Brolly", "Sunshade"},
    {"Guitar", "Ukulele", "Banjo", "Lute"},
    {"Bottle", "Flask", "Thermos", "Canteen"},
    {"Car", "Racer", "Roadster", "Pullback"},
    {"Ring", "Band", "Signet", "Loop"},
    {"Candle", "Taper", "Pillar", "Tealight"},
    {"Plate", "Dish", "Saucer", "Platter"},
    {"Flag", "Banner", "Pennant", "Bunting"},
    {"Tent", "Tipi", "Shelter", "Canopy"},
    {"Pendant", "Necklace", "Locket", "Charm"},
    {"Glasses", "Sunglasses", "Spectacles", "Shades"},
    {"Case", "Cover", "Sleeve", "Bumper"}
  };

  static final String[][] THEMES = {
    {"Wizard", "Sorcerer", "Magic", "Spellbound"},
    {"Pirate", "Corsair", "Buccaneer", "Treasure"},
    {"Space", "Galaxy", "Astronaut", "Cosmic"},
    {"Ocean", "Nautical", "Reef", "Sea"},
    {"Forest", "Woodland", "Fern", "Moss"},
    {"Dinosaur", "Jurassic", "Raptor", "Fossil"},
    {"Robot", "Android", "Mecha", "Cyber"},
    {"Samurai", "Ninja", "Katana", "Shogun"},
    {"Cat", "Kitten", "Feline", "Whisker"},
    {"Vampire", "Dracula", "Gothic", "Batwing"},
    {"Cowboy", "Western", "Rodeo", "Saloon"},
    {"Jazz", "Swing", "Saxophone", "Blues"},
    {"Circus", "Carnival", "Clown", "Bigtop"},
    {"Arctic", "Polar", "Glacier", "Penguin"},
    {"Desert", "Cactus", "Dune", "Oasis"},
    {"Garden", "Blossom", "Meadow", "Floral"},
    {"Dragon", "Wyvern", "Serpent", "Drake"},
    {"Racing", "Turbo", "Speedway", "Formula"},
    {"Football", "Soccer", "Striker", "Stadium"},
    {"Arcade", "Pixel", "Gamer", "Joystick"},
    {"Fairy", "Pixie", "Elf", "Enchanted"},
    {"Steampunk", "Clockwork", "Gear", "Brass"},
    {"Egypt", "Pharaoh", "Pyramid", "Sphinx"},
    {"Knight", "Castle", "Medieval", "Shield"}
  };

  /// For each dimension of style the words of its negative and of its positive end.
  static final String[][][] STYLES = {
    {{"Dark", "Shadow", "Midnight"}, {"Bright", "Airy", "Daylight"}},
    {{"Cool", "Icy", "Crisp"}, {"Warm", "Cosy", "Sunny"}},
    {{"Plain", "Minimal", "Smooth"}, {"Striped", "Textured", "Lined"}},
    {{"Frameless", "Open", "Slim"}, {"Framed", "Bold", "Chunky"}}
  };

  /// From the least to the most appealing.
  static final String[][] QUALITY = {
    {"Basic", "Budget", "Economy"},
    {"Simple", "Everyday", "Standard"},
    {"Classic", "Quality", "Fine"},
    {"Deluxe", "Superior", "Select"},
    {"Premium", "Luxury", "Handcrafted"}
  };

  static final String[] BRANDS = {
    "Alvora", "Benten", "Corvex", "Dalmo", "Elbrix", "Fenwood", "Gorlan", "Halden", "Istria",
        "Jorvik",
    "Kestra", "Lumeno", "Marlow", "Nordal", "Orwen", "Pelham", "Quillon", "Rivona", "Soltra",
        "Tarrow",
    "Umbra", "Velmont", "Wexley", "Xandor", "Yarrow", "Zephra"
  };

  static final String[] NOISE = {
    "Gift",
    "New",
    "Sale",
    "Original",
    "Edition",
    "Set",
    "Pack",
    "Official",
    "Unisex",
    "Kids",
    "Adult",
    "Home",
    "Travel",
    "Outdoor",
    "Season",
    "Item",
    "Style",
    "Design",
    "Collection",
    "Series",
    "Small",
    "Medium",
    "Large",
    "Mini",
    "Single",
    "Double",
    "Birthday",
    "Party",
    "Holiday",
    "Office",
    "Daily",
    "Model",
    "Version",
    "Stock",
    "Import",
    "Local",
    "Online",
    "Special"
  };

  private Words() {}
}
