#include "config/names.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "config/reader.h"

namespace tidemark::config {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr size_t kMaxNameBytes = 100;

// Suffixes that the exposition format gives a meaning of its own.
constexpr std::array<std::string_view, 5> kSuffixes = {"_total", "_count", "_sum", "_bucket", "_info"};

// Units that promtool refuses anywhere in a name, with the base unit to use.
constexpr std::array<Pair, 17> kUnits = {{{"minutes", "seconds"},
                                          {"hours", "seconds"},
                                          {"days", "seconds"},
                                          {"weeks", "seconds"},
                                          {"percent", "ratio"},
                                          {"percentage", "ratio"},
                                          {"bits", "bytes"},
                                          {"fahrenheit", "celsius"},
                                          {"rankine", "celsius"},
                                          {"kelvins", "kelvin"},
                                          {"inches", "meters"},
                                          {"yards", "meters"},
                                          {"miles", "meters"},
                                          {"calories", "joules"},
                                          {"pounds", "grams"},
                                          {"ounces", "grams"},
                                          {"pct", "ratio"}}};
constexpr std::array<std::string_view, 9> kBaseUnits = {"seconds", "bytes",   "meters", "metres", "grams",
                                                        "joules",  "amperes", "volts",  "celsius"};
constexpr std::array<std::string_view, 19> kPrefixes = {"pico",  "nano", "micro", "milli", "centi", "deci", "deca",
                                                        "hecto", "kilo", "kibi",  "mega",  "mebi",  "mibi", "giga",
                                                        "gibi",  "tera", "tebi",  "peta",  "pebi"};
// Abbreviated units, which newer promtools refuse.
constexpr std::array<Pair, 14> kAbbreviations = {{{"s", "seconds"},
                                                  {"ms", "seconds"},
                                                  {"us", "seconds"},
                                                  {"ns", "seconds"},
                                                  {"sec", "seconds"},
                                                  {"m", "seconds"},
                                                  {"h", "seconds"},
                                                  {"d", "seconds"},
                                                  {"b", "bytes"},
                                                  {"kb", "bytes"},
                                                  {"mb", "bytes"},
                                                  {"gb", "bytes"},
                                                  {"tb", "bytes"},
                                                  {"pb", "bytes"}}};

// Labels that the program or Prometheus sets by itself, or that targets carry; with a name to use instead.
constexpr std::array<Pair, 29> kReservedLabels = {{{"window", "time_window"},
                                                   {"le", "upper_bound"},
                                                   {"quantile", "quantile_rank"},
                                                   {"rule", "sales_rule"},
                                                   {"kpi", "sales_kpi"},
                                                   {"bound", "sales_bound"},
                                                   {"unit", "sales_unit"},
                                                   {"severity", "ticket_severity"},
                                                   {"team", "sales_team"},
                                                   {"alertname", "sales_alert"},
                                                   {"alertstate", "sales_alert_state"},
                                                   {"instance", "source_instance"},
                                                   {"job", "job_title"},
                                                   {"region", "sales_region"},
                                                   {"stage", "deal_stage"},
                                                   {"owner", "rep_id"},
                                                   {"customer", "customer_id"},
                                                   {"zone", "sales_zone"},
                                                   {"cluster", "customer_cluster"},
                                                   {"service", "service_name"},
                                                   {"environment", "sales_environment"},
                                                   {"env", "sales_environment"},
                                                   {"type", "event_type"},
                                                   {"namespace", "sales_namespace"},
                                                   {"pod", "source_pod"},
                                                   {"container", "source_container"},
                                                   {"endpoint", "source_endpoint"},
                                                   {"node", "source_node"},
                                                   {"host", "source_host"}}};

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::vector<std::string> PartsOf(std::string_view name) {
  std::vector<std::string> parts(1);
  for (char c : name) {
    if (c == '_') {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

std::string Instead(std::string_view good) { return good.empty() ? "" : "; nearest: " + std::string(good); }

// "dealsWon-2" -> "deals_won_2", "Sales-EMEA" -> "sales_emea".
std::string Cleaned(std::string_view name) {
  std::string clean;
  bool after_upper = false;
  for (char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper) {
      if (!clean.empty() && clean.back() != '_' && !after_upper) clean.push_back('_');
      clean.push_back(static_cast<char>(c - 'A' + 'a'));
    } else if (IsLower(c) || (IsDigit(c) && !clean.empty())) {
      clean.push_back(c);
    } else if (!clean.empty() && clean.back() != '_') {
      clean.push_back('_');
    }
    after_upper = upper;
  }
  while (!clean.empty() && clean.back() == '_') clean.pop_back();
  return clean.size() > kMaxNameBytes ? "" : clean;
}

// The base unit to write instead of a part of a name; "" when the part is fine.
std::string BaseUnitFor(std::string_view part) {
  for (const auto& [unit, base] : kUnits) {
    if (part == unit) return std::string(base);
  }
  for (std::string_view prefix : kPrefixes) {
    for (std::string_view base : kBaseUnits) {
      if (part == std::string(prefix) + std::string(base)) return std::string(base);
    }
  }
  for (const auto& [unit, base] : kAbbreviations) {
    if (part == unit) return std::string(base);
  }
  return "";
}

}  // namespace

std::string WhyNotName(std::string_view name) {
  const bool good = !name.empty() && IsLower(name[0]) &&
                    std::all_of(name.begin(), name.end(), [](char c) { return IsLower(c) || IsDigit(c) || c == '_'; });
  if (!good) return Quoted(name) + " is not a name (a-z, 0-9 and _, first a letter)" + Instead(Cleaned(name));
  if (name.size() > kMaxNameBytes) return "a name has at most 100 characters";
  return "";
}

std::string WhyNotKpiName(std::string_view name) {
  if (std::string why = WhyNotName(name); !why.empty()) return why;
  for (std::string_view suffix : kSuffixes) {
    if (!name.ends_with(suffix)) continue;
    const std::string_view stem = name.substr(0, name.size() - suffix.size());
    const std::string why =
        suffix == "_total" ? " is put there by the program where it fits" : " has a meaning of its own in Prometheus";
    return Quoted(name) + ": the ending " + std::string(suffix) + why + Instead(stem);
  }
  std::vector<std::string> parts = PartsOf(name);
  for (std::string& part : parts) {
    const std::string base = BaseUnitFor(part);
    if (base.empty()) continue;
    const std::string bad = std::exchange(part, base);
    std::string better;
    for (const std::string& p : parts) better += (better.empty() ? "" : "_") + p;
    return Quoted(name) + ": Prometheus uses base units, so not " + bad + Instead(better);
  }
  for (std::string_view type : {"gauge", "counter", "histogram", "summary"}) {
    const std::string padded = "_" + std::string(name) + "_";
    const std::string word(type);
    if (padded.find("_" + word) != std::string::npos || padded.find(word + "_") != std::string::npos) {
      return Quoted(name) + ": a metric's name doesn't say its type (" + word + ")";
    }
  }
  return "";
}

std::string WhyNotLabelName(std::string_view name) {
  if (name.starts_with("__")) return Quoted(name) + " is reserved: labels that start with __ are Prometheus's own";
  if (std::string why = WhyNotName(name); !why.empty()) return why;
  for (const auto& [reserved, better] : kReservedLabels) {
    if (name == reserved) {
      return Quoted(name) + " is reserved: the program, Prometheus or its targets set this label" + Instead(better);
    }
  }
  return "";
}

std::string WhyNotUnit(std::string_view unit) {
  if (std::string why = WhyNotName(unit); !why.empty()) return why;
  if (const std::string base = BaseUnitFor(unit); !base.empty()) {
    return Quoted(unit) + " is not a base unit" + Instead(base);
  }
  if (unit == "second" || unit == "byte")
    return Quoted(unit) + " is written in the plural" + Instead(std::string(unit) + "s");
  return "";
}

std::string WhyNotTopicName(std::string_view name) {
  const bool good = std::all_of(name.begin(), name.end(), [](char c) {
    return IsLower(c) || IsDigit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
  });
  if (!good) return Quoted(name) + " is no topic's name (letters, digits, . _ -; patterns are not supported)";
  if (name.size() > 249 || name == "." || name == "..") return Quoted(name) + " can't be a topic's name";
  return "";
}

}  // namespace tidemark::config
