package io.saviorrec.trainer.synth;

import java.util.Arrays;

/// The vocabulary of titles: a few words for every concept, and words that mean nothing. Two
/// vocabularies have no word in common.
///
/// @param categories words for each category; the first is its name, as the item table carries it
/// @param themes words for each theme
/// @param styles for each dimension of style the words of its negative and of its positive end
/// @param quality from the least to the most appealing
@SuppressWarnings("ArrayRecordComponent") // constants, never compared
record Words(
    String[][] categories,
    String[][] themes,
    String[][][] styles,
    String[][] quality,
    String[] brands,
    String[] noise) {
  static final Words SHOP =
      new Words(
          new String[][] {
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
          },
          new String[][] {
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
          },
          new String[][][] {
            {{"Dark", "Shadow", "Midnight"}, {"Bright", "Airy", "Daylight"}},
            {{"Cool", "Icy", "Crisp"}, {"Warm", "Cosy", "Sunny"}},
            {{"Plain", "Minimal", "Smooth"}, {"Striped", "Textured", "Lined"}},
            {{"Frameless", "Open", "Slim"}, {"Framed", "Bold", "Chunky"}}
          },
          new String[][] {
            {"Basic", "Budget", "Economy"},
            {"Simple", "Everyday", "Standard"},
            {"Classic", "Quality", "Fine"},
            {"Deluxe", "Superior", "Select"},
            {"Premium", "Luxury", "Handcrafted"}
          },
          new String[] {
            "Alvora", "Benten", "Corvex", "Dalmo", "Elbrix", "Fenwood", "Gorlan", "Halden",
                "Istria",
            "Jorvik", "Kestra", "Lumeno", "Marlow", "Nordal", "Orwen", "Pelham", "Quillon",
                "Rivona",
            "Soltra", "Tarrow", "Umbra", "Velmont", "Wexley", "Xandor", "Yarrow", "Zephra"
          },
          new String[] {
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
          });

  static final Words MARKET =
      new Words(
          new String[][] {
            {"Bread", "Loaf", "Baguette", "Ciabatta"},
            {"Soup", "Broth", "Bisque", "Chowder"},
            {"Cheese", "Cheddar", "Gouda", "Brie"},
            {"Tea", "Infusion", "Chai", "Oolong"},
            {"Coffee", "Espresso", "Mocha", "Roast"},
            {"Honey", "Nectar", "Syrup", "Molasses"},
            {"Pasta", "Spaghetti", "Penne", "Linguine"},
            {"Rice", "Basmati", "Risotto", "Paella"},
            {"Cake", "Gateau", "Sponge", "Muffin"},
            {"Biscuit", "Cookie", "Cracker", "Wafer"},
            {"Chocolate", "Praline", "Truffle", "Cocoa"},
            {"Jam", "Marmalade", "Preserve", "Jelly"},
            {"Oil", "Olive", "Sesame", "Rapeseed"},
            {"Vinegar", "Balsamic", "Cider", "Malt"},
            {"Nut", "Almond", "Cashew", "Hazelnut"},
            {"Berry", "Raspberry", "Currant", "Bilberry"},
            {"Apple", "Pippin", "Russet", "Bramley"},
            {"Fish", "Salmon", "Trout", "Herring"},
            {"Sausage", "Salami", "Chorizo", "Bratwurst"},
            {"Yogurt", "Kefir", "Skyr", "Curd"},
            {"Juice", "Cordial", "Squash", "Smoothie"},
            {"Salad", "Lettuce", "Rocket", "Endive"},
            {"Pickle", "Gherkin", "Relish", "Chutney"},
            {"Sauce", "Ketchup", "Mustard", "Pesto"}
          },
          new String[][] {
            {"Italian", "Tuscan", "Roman", "Sicilian"},
            {"French", "Provence", "Bistro", "Parisian"},
            {"Mexican", "Azteca", "Cantina", "Yucatan"},
            {"Indian", "Bengal", "Punjabi", "Masala"},
            {"Japanese", "Kyoto", "Umami", "Izakaya"},
            {"Greek", "Aegean", "Cretan", "Taverna"},
            {"Vegan", "Plantbased", "Meatless", "Leafy"},
            {"Breakfast", "Brunch", "Morning", "Sunrise"},
            {"Picnic", "Hamper", "Lawn", "Alfresco"},
            {"Barbecue", "Grill", "Ember", "Charcoal"},
            {"Christmas", "Yule", "Advent", "Mistletoe"},
            {"Easter", "Bunny", "Springtime", "Hatchling"},
            {"Hiking", "Trail", "Summit", "Ridge"},
            {"School", "Lunchbox", "Playground", "Recess"},
            {"Athlete", "Protein", "Marathon", "Stamina"},
            {"Baby", "Toddler", "Infant", "Nursery"},
            {"Vintage", "Retro", "Heirloom", "Grandma"},
            {"Monastery", "Abbey", "Cloister", "Friar"},
            {"Alpine", "Tyrol", "Chalet", "Edelweiss"},
            {"Nordic", "Viking", "Fjord", "Lapland"},
            {"Tropical", "Mango", "Coconut", "Lagoon"},
            {"Smoky", "Applewood", "Hickory", "Bonfire"},
            {"Royal", "Palace", "Crown", "Banquet"},
            {"Farm", "Barn", "Orchard", "Rustic"}
          },
          new String[][][] {
            {{"Mild", "Gentle", "Mellow"}, {"Spicy", "Fiery", "Piquant"}},
            {{"Sour", "Tart", "Zesty"}, {"Sweet", "Sugary", "Candied"}},
            {{"Soft", "Creamy", "Silky"}, {"Crunchy", "Crispy", "Toasted"}},
            {{"Lean", "Skimmed", "Delicate"}, {"Rich", "Hearty", "Buttery"}}
          },
          new String[][] {
            {"Saver", "Bargain", "Discount"},
            {"Regular", "Ordinary", "Common"},
            {"Good", "Tasty", "Proper"},
            {"Choice", "Gourmet", "Finest"},
            {"Artisan", "Exquisite", "Reserve"}
          },
          new String[] {
            "Ackerby", "Bramhall", "Cotwell", "Dunmore", "Eastrey", "Farrow", "Grantley", "Hollis",
            "Inglewood", "Kirkby", "Langdon", "Merton", "Norwick", "Oakham", "Penrith", "Quarley",
            "Rushden", "Selby", "Thornby", "Ulverton", "Wendle", "Yelden"
          },
          new String[] {
            "Fresh",
            "Natural",
            "Organic",
            "Value",
            "Family",
            "Tray",
            "Box",
            "Jar",
            "Tin",
            "Bag",
            "Bundle",
            "Ripe",
            "Imported",
            "Regional",
            "Weekly",
            "Bulk",
            "Snack",
            "Dinner",
            "Supper",
            "Tasting",
            "Sample",
            "Certified",
            "Farmhouse",
            "Kitchen",
            "Pantry",
            "Country",
            "Town"
          });

  /// The name of each category.
  String[] categoryNames() {
    return Arrays.stream(categories).map(words -> words[0]).toArray(String[]::new);
  }
}
