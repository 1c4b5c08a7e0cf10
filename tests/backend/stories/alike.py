"""Two events of one day that are told nearly alike, by what tells them apart."""

Text = tuple[str, str]

ALIKE: dict[str, tuple[str, Text, Text]] = {
    "countries": (
        "en",
        (
            "Strong earthquake strikes northern Chile",
            "A magnitude 7.1 earthquake struck near Antofagasta, the USGS said.",
        ),
        (
            "Strong earthquake strikes southern Peru",
            "A magnitude 6.8 earthquake struck near Arequipa, the USGS said.",
        ),
    ),
    "a country and an island": (
        "en",
        ("Ferry sinks off Greece, dozens missing", "A ferry with 120 people aboard went down."),
        ("Ferry sinks off Java, dozens missing", "A ferry with 150 people aboard went down."),
    ),
    "central banks": (
        "en",
        (
            "Fed raises interest rates by quarter point",
            "The Federal Reserve lifted its benchmark rate to fight inflation.",
        ),
        (
            "ECB raises interest rates by quarter point",
            "The European Central Bank lifted its benchmark rate to fight inflation.",
        ),
    ),
    "persons": (
        "en",
        ("Modi arrives in Tokyo for talks", "The prime minister will sign a defence accord."),
        ("Macron arrives in Delhi for talks", "The president will sign a defence accord."),
    ),
    "pairs of countries": (
        "ko",
        ("한미 정상회담 오늘 개최", "양국 정상은 무역과 안보를 논의한다."),
        ("한일 정상회담 오늘 개최", "양국 정상은 무역과 안보를 논의한다."),
    ),
    "cities": (
        "en",
        (
            "Fire destroys apartment block in Valencia",
            "At least ten people died when flames tore through the building.",
        ),
        (
            "Fire destroys apartment block in Lisbon",
            "At least eight people died when flames tore through the building.",
        ),
    ),
}
