// Random definitions over random events and tables: what the engine sums and counts equals a naive evaluation, whatever
// the batches, with restarts and with a table that changes half-way.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <random>

#include "config/config.h"
#include "pipeline/engine/engine.h"
#include "pipeline/store/memory_store.h"
#include "tests/fakes/log_source.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark {
namespace {

constexpr int64_t kStartSeconds = 1'700'000'000;
constexpr char kTopic[] = "crm";

struct Facts {
  std::optional<std::string> team;
  std::optional<int64_t> rate_micros;
};
using TableRows = std::map<std::string, Facts>;

struct Order {
  int64_t seconds = 0;
  std::string owner;
  std::optional<int64_t> amount_micros, units, cost_micros;
};

// A number on paper, exact; nothing: absent.
struct Paper {
  Int128 mantissa = 0;
  int scale = 0;
};
using MaybePaper = std::optional<Paper>;

Int128 Power(int exponent) {
  Int128 power = 1;
  for (; exponent > 0; --exponent) power *= 10;
  return power;
}
MaybePaper Fitting(Int128 mantissa, int scale) {
  if (mantissa > INT64_MAX || mantissa < INT64_MIN) return std::nullopt;
  return Paper{mantissa, scale};
}
MaybePaper Of(const std::optional<int64_t>& value, int scale) {
  return value ? MaybePaper(Paper{*value, scale}) : std::nullopt;
}

// The nearest multiple by trying the neighbours; the even one of two that are equally near.
Int128 Nearest(Int128 n, Int128 unit) {
  Int128 best = n / unit;
  for (Int128 candidate : {n / unit - 1, n / unit + 1}) {
    const auto away = [&](Int128 q) { return q * unit > n ? q * unit - n : n - q * unit; };
    if (away(candidate) < away(best) || (away(candidate) == away(best) && candidate % 2 == 0)) best = candidate;
  }
  return best;
}

struct Definition {
  std::string text;
  int scale = 0;
  std::function<MaybePaper(const Order&, const TableRows&)> value;
};

Definition Joined(char op, const Definition& a, const Definition& b) {
  Definition d;
  d.text = "(" + a.text + " " + op + " " + b.text + ")";
  d.scale = std::max(a.scale, b.scale);
  d.value = [=, scale = d.scale](const Order& order, const TableRows& rows) -> MaybePaper {
    const MaybePaper x = a.value(order, rows), y = b.value(order, rows);
    if (!x || !y) return std::nullopt;
    if (op == '*') return Fitting(Nearest(x->mantissa * y->mantissa, Power(x->scale + y->scale - scale)), scale);
    const Int128 left = x->mantissa * Power(scale - x->scale), right = y->mantissa * Power(scale - y->scale);
    return Fitting(op == '+' ? left + right : left - right, scale);
  };
  return d;
}

Definition Negated(const Definition& a) {
  return {"-" + a.text, a.scale, [=](const Order& order, const TableRows& rows) -> MaybePaper {
            const MaybePaper x = a.value(order, rows);
            return x ? Fitting(-x->mantissa, x->scale) : std::nullopt;
          }};
}

const Facts* Find(const TableRows& rows, const std::string& key) {
  const auto it = rows.find(key);
  return it == rows.end() ? nullptr : &it->second;
}

Definition Amount() {
  return {"order.amount", 6, [](const Order& o, const TableRows&) { return Of(o.amount_micros, 6); }};
}

Definition Leaf(std::mt19937_64& rng, const std::vector<Definition>& earlier) {
  switch (rng() % 8) {
    case 0: return {"order.units", 0, [](const Order& o, const TableRows&) { return Of(o.units, 0); }};
    case 1: return {"order.cost", 6, [](const Order& o, const TableRows&) { return Of(o.cost_micros, 6); }};
    case 2: {
      const int scale = static_cast<int>(rng() % 4);
      const int64_t mantissa = 10 * static_cast<int64_t>(rng() % 100) + 1 + static_cast<int64_t>(rng() % 9);  // not ending in 0
      return {ToString(Decimal{mantissa, scale}), scale, [=](const Order&, const TableRows&) { return Of(mantissa, scale); }};
    }
    case 3:
      return {"reps[order.owner].rate", 6, [](const Order& o, const TableRows& rows) {
                const Facts* facts = Find(rows, o.owner);
                return facts == nullptr ? std::nullopt : Of(facts->rate_micros, 6);
              }};
    case 4:
      return {"filled(order.amount, order.owner, reps[order.owner].team)", 0, [](const Order& o, const TableRows& rows) {
                const Facts* facts = Find(rows, o.owner);
                return Of(int64_t{o.amount_micros.has_value()} + int64_t{!o.owner.empty()} + int64_t{facts != nullptr && facts->team}, 0);
              }};
    case 5:
      if (!earlier.empty()) {
        const size_t n = rng() % earlier.size();
        return {"f" + std::to_string(n), earlier[n].scale, earlier[n].value};
      }
      [[fallthrough]];
    default: return Amount();
  }
}

Definition Random(std::mt19937_64& rng, const std::vector<Definition>& earlier, int depth) {
  if (depth == 0 || rng() % 4 == 0) return Leaf(rng, earlier);
  if (rng() % 8 == 0) return Negated(Random(rng, earlier, depth - 1));
  return Joined("+-*"[rng() % 3], Random(rng, earlier, depth - 1), Random(rng, earlier, depth - 1));
}

std::optional<int64_t> RandomNumber(std::mt19937_64& rng, int64_t usual) {
  switch (rng() % 12) {
    case 0: return std::nullopt;
    case 1: return 0;
    case 2: return static_cast<int64_t>(rng());  // anything
    case 3: return rng() % 2 == 0 ? INT64_MAX : INT64_MIN;
    default: return static_cast<int64_t>(rng() % static_cast<uint64_t>(2 * usual)) - usual / 2;
  }
}

TableRows RandomRows(std::mt19937_64& rng) {
  TableRows rows;
  for (int r = 0; r < 8; ++r) {
    if (rng() % 4 == 0) continue;
    Facts facts;
    if (rng() % 5 != 0) facts.team = std::vector<std::string>{"blue", "red", "green"}[rng() % 3];
    if (rng() % 5 != 0) facts.rate_micros = static_cast<int64_t>(rng() % 2'000'000) - 500'000;
    rows["r" + std::to_string(r)] = facts;
  }
  return rows;
}

std::shared_ptr<const LookupTable> TableOf(const TableRows& rows) {
  LookupTable::Builder builder({{"team", ColumnType::kText}, {"rate", ColumnType::kDecimal}});
  for (const auto& [key, facts] : rows) {
    builder.AddRow(key);
    if (facts.team) builder.SetText(0, *facts.team);
    if (facts.rate_micros) builder.SetNumber(1, *facts.rate_micros);
  }
  return std::move(builder).Build();
}

Order RandomOrder(std::mt19937_64& rng, int64_t seconds) {
  Order order;
  order.seconds = seconds;
  if (rng() % 8 != 0) order.owner = "r" + std::to_string(rng() % 8);
  order.amount_micros = RandomNumber(rng, 50'000'000'000);
  order.units = RandomNumber(rng, 40);
  order.cost_micros = RandomNumber(rng, 3'000'000);
  return order;
}

std::string Serialized(const Order& order, int number) {
  events::v1::Event event;
  event.set_id(std::to_string(number));
  event.mutable_time()->set_seconds(order.seconds);
  auto* paid = event.mutable_order_paid()->mutable_order();
  paid->set_owner(order.owner);
  if (order.amount_micros) paid->set_amount_micros(*order.amount_micros);
  if (order.units) paid->set_units(*order.units);
  if (order.cost_micros) paid->set_cost_micros(*order.cost_micros);
  return event.SerializeAsString();
}

// (kpi, team) -> value.
using Answers = std::map<std::pair<std::string, std::string>, std::string>;

struct Trial {
  std::vector<Definition> definitions;
  std::string threshold;
  std::vector<std::pair<Order, const TableRows*>> counted;  // each with the table it met

  std::string Yaml() const {
    std::string yaml = "kafka: {brokers: \"b:9092\"}\ntopics: [{name: crm, dedup: off}]\nfields:\n  team: reps[order.owner].team\n";
    for (size_t d = 0; d < definitions.size(); ++d) yaml += "  f" + std::to_string(d) + ": \"" + definitions[d].text + "\"\n";
    yaml += "kpis:\n";
    for (size_t d = 0; d < definitions.size(); ++d) {
      const std::string f = "f" + std::to_string(d);
      yaml += "- {name: sum_of_" + f + ", on: order.paid, sum: " + f + ", by: {sales_team: team}, windows: [lifetime]}\n";
      yaml += "- {name: above_" + f + ", on: order.paid, count: true, where: " + f + " > " + threshold + ", by: {sales_team: team}, windows: [lifetime]}\n";
    }
    return yaml;
  }

  Answers Naive() const {
    std::map<std::pair<std::string, std::string>, Decimal> sums;
    for (const auto& [order, rows] : counted) {
      const Facts* facts = Find(*rows, order.owner);
      const std::string team = facts != nullptr ? facts->team.value_or("") : "";
      for (size_t d = 0; d < definitions.size(); ++d) {
        const MaybePaper value = definitions[d].value(order, *rows);
        if (!value) continue;
        Decimal& sum = sums[{"sum_of_f" + std::to_string(d), team}];
        sum.scale = value->scale;
        sum.mantissa += value->mantissa;
        if (Compare({value->mantissa, value->scale}, ParseDecimal(threshold).value()) > 0) ++sums[{"above_f" + std::to_string(d), team}].mantissa;
      }
    }
    Answers answers;
    for (const auto& [key, sum] : sums) answers[key] = ToString(sum);
    return answers;
  }
};

Answers AnswersOf(const View& view) {
  Answers answers;
  for (uint32_t k = 0; k < view.kpis().size(); ++k) {
    view.ForEach(KpiId{k}, [&](const SeriesValue& series) {
      if (!series.value.absent()) answers[{view.kpis()[k].name, series.labels.values[0]}] = series.value.ToString();
    });
  }
  // A team that one KPI has seen, and another only filtered.
  std::erase_if(answers, [](const auto& answer) { return answer.second == "0"; });
  return answers;
}

void Drain(Engine* engine, WallTime* now) {
  for (int idle = 0; idle < 3; *now += std::chrono::milliseconds(30)) {
    const auto wait = engine->Step(*now);
    ASSERT_TRUE(wait.ok()) << wait.status().text();
    idle = wait->count() == 0 ? 0 : idle + 1;
  }
  ASSERT_TRUE(engine->Commit(*now).ok());
}

void RunTrial(uint64_t seed) {
  std::mt19937_64 rng(seed);
  Trial trial;
  for (size_t d = 0; d < 4; ++d) {
    Definition made = Random(rng, trial.definitions, 1 + static_cast<int>(rng() % 4));
    if (made.text.find_first_of("of") == std::string::npos) made = Joined('+', made, Amount());  // it has to name a field
    trial.definitions.push_back(std::move(made));
  }
  trial.threshold = std::to_string(rng() % 100);
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", trial.Yaml(), &specs, &diagnostics);
  ASSERT_EQ(diagnostics.ToString(), "") << trial.Yaml();
  const TableRows rows[] = {RandomRows(rng), RandomRows(rng)};
  specs.tables.emplace_back().name = "reps";
  specs.tables[0].contents = TableOf(rows[0]);
  const auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  // Two definitions that say the same are rightly one.
  if (plan == nullptr && diagnostics.ToString().find("counts exactly what") != std::string::npos) return;
  ASSERT_TRUE(plan != nullptr) << diagnostics.ToString() << trial.Yaml();

  MemoryLogs logs;
  const int partitions = 1 + static_cast<int>(rng() % 3);
  for (int p = 0; p < partitions; ++p) logs[{kTopic, p}];
  MemoryStore store;
  WallTime now = WallTimeFromMicros((kStartSeconds + 86'400) * kMicrosPerSecond);
  const uint64_t batch = 1 + rng() % 50;
  int64_t seconds = kStartSeconds;
  for (int part = 0; part < 6; ++part) {  // a restart before each; the table changes before the fourth
    const TableRows& current = rows[part / 3];
    for (int64_t n = static_cast<int64_t>(rng() % 60); n > 0; --n) {
      const Order order = RandomOrder(rng, seconds += static_cast<int64_t>(rng() % 20));
      logs.at({kTopic, static_cast<int>(rng() % static_cast<uint64_t>(partitions))}).Append(Serialized(order, static_cast<int>(trial.counted.size())));
      trial.counted.emplace_back(order, &current);
    }
    LogSource source(&logs);
    source.BatchSize(batch);
    source.ProveAt(now);
    auto engine = Engine::Open(plan, &store, &source, now);
    ASSERT_TRUE(engine.ok()) << engine.status().text();
    if (part >= 3) (*engine)->SetTables({TableOf(current)});
    Drain(engine->get(), &now);
    ASSERT_EQ(AnswersOf(*(*engine)->view()), [&] {
      Answers want = trial.Naive();
      std::erase_if(want, [](const auto& answer) { return answer.second == "0"; });
      return want;
    }()) << "part " << part << "\n" << trial.Yaml();
    now += std::chrono::seconds(1);
  }
}

TEST(FieldsProperty, EveryValueEqualsTheNaiveEvaluation) {
  const char* first_text = std::getenv("TIDEMARK_SEED");
  const char* count_text = std::getenv("TIDEMARK_SEEDS");
  const uint64_t first = first_text != nullptr ? std::strtoull(first_text, nullptr, 10) : 1;
  const uint64_t count = count_text != nullptr ? std::strtoull(count_text, nullptr, 10) : 150;
  for (uint64_t seed = first; seed < first + count; ++seed) {
    SCOPED_TRACE("TIDEMARK_SEED=" + std::to_string(seed));
    RunTrial(seed);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace tidemark
