#include "daemon/demo/market.h"

#include <array>

namespace tidemark::demo {
namespace {

constexpr std::array<Region, 3> kRegions = {{
    {"americas", "US", "USD", 0.5},
    {"emea", "DE", "EUR", 0.35},
    {"apac", "SG", "USD", 0.15},
}};

constexpr std::array<Rep, 8> kReps = {{
    {"rep-alma", "north", 0, 1.25},
    {"rep-bruno", "north", 0, 1.0},
    {"rep-chiara", "north", 0, 0.8},
    {"rep-deniz", "coast", 0, 1.05},
    {"rep-edda", "alpine", 1, 1.15},
    {"rep-farid", "alpine", 1, 0.95},
    {"rep-greta", "alpine", 1, 0.75},
    {"rep-hiro", "harbour", 2, 1.0},
}};

constexpr std::array<Product, 6> kProducts = {{
    {"sail-basic", "Sail Basic", "plans", "sail", 4'900, 0.18, 5},
    {"sail-team", "Sail Team", "plans", "sail", 19'900, 0.16, 4},
    {"sail-fleet", "Sail Fleet", "plans", "sail", 89'000, 0.14, 1.5},
    {"keel-sensor", "Keel Sensor", "devices", "keel", 12'950, 0.55, 3},
    {"keel-gateway", "Keel Gateway", "devices", "keel", 47'900, 0.6, 1},
    {"harbour-days", "Harbour Workshop", "services", "harbour", 120'000, 0.45, 0.5},
}};

constexpr std::array<Channel, 6> kChannels = {{
    {"organic_search", 0.34, 0, 0.17, 1.0},
    {"paid_search", 0.24, 0, 0.24, 0.9},
    {"social", 0.16, 0, 0.13, 0.7},
    {"email", 0.14, 0, 0.28, 1.2},
    {"direct", 0.12, 0.3, 0.2, 1.1},
    {"partner", 0, 0.7, 0, 1.4},
}};

constexpr std::array<CampaignFacts, 5> kCampaigns = {{
    {"c-101", "Autumn search", "paid_search", "cpc", "google", "", 240, 0.035, 85},
    {"c-102", "Brand search", "paid_search", "cpc", "bing", "", 60, 0.06, 55},
    {"c-201", "Skippers' stories", "social", "paid_social", "linkedin", "", 400, 0.008, 130},
    {"c-301", "Monthly letter", "email", "newsletter", "mailer", "LETTER10", 0, 0, 0},
    {"c-302", "Come back aboard", "email", "winback", "mailer", "ABOARD15", 0, 0, 0},
}};

constexpr std::array<Stage, 4> kStages = {{
    {"discovery", 0.1, 0.82, 2.0},
    {"demo", 0.3, 0.76, 3.0},
    {"proposal", 0.55, 0.74, 3.0},
    {"negotiation", 0.8, 0.82, 2.0},
}};

constexpr std::array<std::string_view, 5> kLandingPages = {"/", "/pricing", "/fleet", "/sensors", "/guide/winter"};
constexpr std::array<std::string_view, 3> kSegments = {"small", "mid", "enterprise"};
constexpr std::array<std::string_view, 4> kContent = {"deck-overview", "case-regatta", "sheet-prices", "video-install"};

}  // namespace

std::span<const Region> Regions() { return kRegions; }
std::span<const Rep> Reps() { return kReps; }
std::span<const Product> Products() { return kProducts; }
std::span<const Channel> Channels() { return kChannels; }
std::span<const CampaignFacts> Campaigns() { return kCampaigns; }
std::span<const Stage> Stages() { return kStages; }
std::span<const std::string_view> LandingPages() { return kLandingPages; }
std::span<const std::string_view> Segments() { return kSegments; }
std::span<const std::string_view> SalesContent() { return kContent; }

}  // namespace tidemark::demo
