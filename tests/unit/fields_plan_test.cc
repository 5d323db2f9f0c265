// Derived fields in KPIs: where they fit, what is refused at which place, and what makes a KPI another one.
#include <gtest/gtest.h>

#include <random>

#include "config/config.h"
#include "pipeline/plan/plan.h"

namespace tidemark {
namespace {

constexpr char kInputs[] = "kafka: {brokers: \"b:9092\"}\ntopics: [t]\n";

TableSpec Reps() {
  TableSpec table;
  table.name = "reps";
  LookupTable::Builder builder({{"team", ColumnType::kText}, {"quota", ColumnType::kDecimal}, {"since", ColumnType::kTime}});
  table.contents = std::move(builder).Build();
  return table;
}

std::shared_ptr<const Plan> Compile(const std::string& yaml, std::string* said) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", kInputs + yaml, &specs, &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "");
  specs.tables.push_back(Reps());
  auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  *said = diagnostics.ToString();
  return plan;
}

std::string Said(const std::string& yaml) {
  std::string said;
  Compile(yaml, &said);
  return said;
}

constexpr char kKpi[] = "kpis: [{name: k, on: deal.won, count: true, windows: [24h]}]\n";

TEST(FieldsInAPlan, MistakesAreSaidAtTheirPlace) {
  const struct {
    const char* name;
    std::string yaml;
    const char* said;
  } kRows[] = {
      {"UnknownPath", std::string(kKpi) + "fields: {f: deal.amonut * 2}",
       "c.yaml:4:13: fields.f: deal.amonut is not a field of any event type; did you mean deal.amount?\n"},
      {"UnknownField", std::string(kKpi) + "fields: {weighted: deal.amount * deal.probability, f: wieghted * 2}",
       "c.yaml:4:55: fields.f: wieghted is not a field of any event type; did you mean weighted?\n"},
      {"NoTypeHasBoth", std::string(kKpi) + "fields: {f: survey.score * deal.amount}",
       "c.yaml:4:10: fields.f: no event type has all of its fields\n"},
      {"Text", std::string(kKpi) + "fields: {f: deal.amount * deal.stage}",
       "c.yaml:4:27: fields.f: deal.stage is text; + - * take numbers\n"},
      {"TextOfAField", std::string(kKpi) + "fields: {g: deal.stage, f: -g}", "c.yaml:4:29: fields.f: g is text; + - * take numbers\n"},
      {"Time", std::string(kKpi) + "fields: {f: days_since(deal.amount)}",
       "c.yaml:4:24: fields.f: deal.amount is a number; weeks_since, days_since and hours_since take a time\n"},
      {"Message", std::string(kKpi) + "fields: {f: product + 1}",
       "c.yaml:4:13: fields.f: product is a message, not a value: name one of its fields\n"},
      {"Circle", std::string(kKpi) + "fields: {f: g + 1, g: deal.amount - f}",
       "c.yaml:4:37: fields.g: f is made of g itself: a circle\n"},
      {"CircleOfOne", std::string(kKpi) + "fields: {f: f + deal.amount}", "c.yaml:4:13: fields.f: f is made of f itself: a circle\n"},
      {"NameOfAField", std::string(kKpi) + "fields: {method: deal.amount}",
       "c.yaml:4:10: fields.method: method is a field of lead.contacted already; take another name\n"},
      {"Number", std::string(kKpi) + "fields: {f: deal.amount * 9223372036854775808}",
       "c.yaml:4:27: fields.f: the number is too large: it has more than 64 bits with its digits after the point\n"},
      {"UnknownTable", std::string(kKpi) + "fields:\n  f: rep[deal.owner].team",
       "c.yaml:5:6: fields.f: there is no table rep; did you mean reps?\n"},
      {"UnknownColumn", std::string(kKpi) + "fields:\n  f: filled(reps[deal.owner].teem)",
       "c.yaml:5:13: fields.f: the table reps has no column teem; did you mean team?\n"},
      {"KeyOfAnotherType", std::string(kKpi) + "fields:\n  f: reps[deal.amount].team",
       "c.yaml:5:11: fields.f: deal.amount is a number; a table's key is text or a whole number\n"},
      {"InAnEventTypeWithoutIt",
       "fields: {weighted: deal.amount * deal.probability}\nkpis: [{name: k, on: [deal.won, lead.created], sum: weighted, windows: [24h]}]",
       "c.yaml:4:53: sum: weighted: deal.amount is not a field of lead.created\n"},
      {"SumOfText", "fields: {stage: deal.stage}\nkpis: [{name: k, on: deal.won, sum: stage, windows: [24h]}]",
       "c.yaml:4:37: sum: stage is not a number\n"},
      {"LabelOfATime", "fields:\n  since: reps[deal.owner].since\nkpis: [{name: k, on: deal.won, count: true, by: {a: since}, windows: [24h]}]",
       "c.yaml:5:53: by: since is a time and cannot be a label\n"},
      {"PersonalLabel", "fields: {address: contact.email}\nkpis: [{name: k, on: lead.created, count: true, by: {a: address}, windows: [24h]}]",
       "c.yaml:4:57: by: address is personal data and would be readable by everyone who sees the metrics; drop it, or write "
       "{field: address, personal: hash}, or personal: allow\n"},
      {"PersonalLabelOfEntities",
       "fields: {address: contact.email}\nkpis: [{name: k, key: deal.id, on: deal.created, open: true, until: deal.won, by: {a: address}}]",
       "c.yaml:4:87: by: address is personal data and would be readable by everyone who sees the metrics; drop it, or write "
       "{field: address, personal: hash}, or personal: allow\n"},
      {"MisspeltInAKpi", "fields: {weighted: deal.amount * deal.probability}\nkpis: [{name: k, on: deal.won, sum: wieghted, windows: [24h]}]",
       "c.yaml:4:37: sum: wieghted is not a field of deal.won; did you mean weighted?\n"},
      {"ComparedWithText",
       "fields: {weighted: deal.amount * deal.probability}\nkpis: [{name: k, on: deal.won, count: true, where: weighted == \"x\", windows: [24h]}]",
       "c.yaml:4:52: where: weighted is a number and cannot be compared with \"x\"\n"},
      {"InNoTypeOfAnEntity",
       "fields: {f: deal.amount * survey.score}\nkpis: [{name: k, key: deal.id, on: deal.created, open: {value: f}, until: deal.won}]",
       "c.yaml:3:10: fields.f: no event type has all of its fields\nc.yaml:4:56: open: f: survey.score is not a field of deal.created\n"},
      {"WaitingForSeveralFields",
       "fields: {f: deal.amount * deal.units}\nkpis: [{name: k, key: deal.id, on: deal.created, open: {waiting_for: 1d}, until: deal.won, by: {a: f}}]",
       "c.yaml:4:100: by: f is worked out from several fields or the time, and waiting_for could not tell since when it is what it is; take a field, or "
       "what a table says of one that is text\n"},
      {"OfSeveralTypesOfAnEntity",
       "fields: {f: deal.amount - quote.amount, t: \"reps[deal.owner].team\"}\n"
       "kpis: [{name: k, key: deal.id, on: [deal.created, quote.sent], open: {value: f, waiting_for: 1d}, until: deal.won, by: {a: t}}]",
       ""},
      {"Right",
       "fields:\n  weighted: deal.amount * deal.probability\n  team: reps[deal.owner].team\n  score: filled(deal.stage, deal.owner)\n"
       "kpis: [{name: k, on: [deal.won, deal.lost], sum: weighted, where: \"weighted > 100.5 and has(team) and score in [1, 2]\", "
       "by: {sales_team: team, score: score}, windows: [24h]}]",
       ""},
  };
  for (const auto& row : kRows) EXPECT_EQ(Said(row.yaml), row.said) << row.name;
}

TEST(FieldsInAPlan, AreBoundedInDepthAndNumber) {
  std::string chain = "fields:\n  f0: deal.amount\n";
  for (int i = 1; i <= 40; ++i) chain += "  f" + std::to_string(i) + ": f" + std::to_string(i - 1) + " + f" + std::to_string(i - 1) + "\n";
  EXPECT_EQ(Said(kKpi + chain), "c.yaml:37:3: fields.f32: fields of fields, nested more than 32 deep\n");
  std::string many = "fields:\n", parts;
  for (int i = 1; i <= 64; ++i) many += "  f" + std::to_string(i) + ": deal.amount + " + std::to_string(i) + "\n";
  for (int i = 1; i <= 64; ++i) parts += (i == 1 ? "" : " and ") + ("f" + std::to_string(i)) + " > 0";
  EXPECT_EQ(Said("kpis: [{name: k, on: deal.won, count: true, where: " + parts + ", windows: [24h]}]\n" + many),
            ": more than 64 fields of deal.won are used\n");
}

uint64_t Fingerprint(const std::string& yaml) {
  std::string said;
  const auto plan = Compile(yaml, &said);
  EXPECT_EQ(said, "");
  return plan == nullptr ? 0 : plan->kpis()[0].fingerprint ^ plan->tables()[0].fingerprint;
}

// What is kept of an entity doesn't depend on how its conditions and fields are written.
TEST(FieldsInAPlan, EntitiesAreKeptTheSameWayForTheSameKpi) {
  const auto layout = [](const std::string& fields, const std::string& where) {
    std::string said, text;
    const auto plan = Compile("fields: {" + fields + "}\nkpis: [{name: k, key: deal.id, on: deal.created, open: {value: w}, until: deal.won, where: " + where +
                              ", by: {deal_stage: deal.stage}}]", &said);
    EXPECT_EQ(said, "");
    if (plan == nullptr) return text;
    for (const LayoutField& field : plan->folds()[0].layout) text += field.path + " ";
    return text + std::to_string(plan->kpis()[0].fingerprint);
  };
  const std::string one = layout("w: deal.probability * deal.amount + deal.amount", "deal.owner == \"a\" and deal.channel == \"b\"");
  EXPECT_TRUE(one.starts_with("deal.stage deal.amount deal.probability deal.channel deal.owner ")) << one;
  EXPECT_EQ(layout("w: a + p, p: a * deal.probability, a: deal.amount", "deal.channel == \"b\" and deal.owner == \"a\""), one);
}

std::string Weighted(const std::string& field, const std::string& fields) {
  return "fields: {" + fields + "}\nkpis: [{name: k, on: deal.won, sum: " + field + ", where: " + field + " > 1, windows: [24h], by: {rep: " + field + "}}]";
}

TEST(FieldsInAPlan, AKpiIsWhatItsFieldsAreAndNotWhatTheyAreCalled) {
  const uint64_t one = Fingerprint(Weighted("w", "w: deal.amount * deal.probability"));
  EXPECT_EQ(Fingerprint(Weighted("weighted", "weighted: deal.amount * deal.probability")), one) << "renamed";
  EXPECT_EQ(Fingerprint(Weighted("w", "w: (deal.probability) * deal.amount")), one) << "written in another way";
  EXPECT_EQ(Fingerprint(Weighted("w", "w: a * deal.probability, a: deal.amount")), one) << "a part with a name";
  EXPECT_NE(Fingerprint(Weighted("w", "w: deal.amount * deal.units")), one);
  EXPECT_NE(Fingerprint(Weighted("w", "w: deal.amount + deal.probability")), one);
  EXPECT_NE(Fingerprint(Weighted("w", "w: deal.amount * deal.probability * 1")), one);
  const uint64_t minus = Fingerprint(Weighted("w", "w: deal.amount - deal.probability"));
  EXPECT_NE(Fingerprint(Weighted("w", "w: deal.probability - deal.amount")), minus);
  EXPECT_EQ(Fingerprint(Weighted("a", "a: deal.amount")), Fingerprint(Weighted("deal.amount", "unused: deal.units"))) << "only another name";
  EXPECT_EQ(Fingerprint(Weighted("w", "w: deal.amount * 2.50")), Fingerprint(Weighted("w", "w: deal.amount * 2.5")));
}

TEST(FieldsInAPlan, AnyDefinitionsEndInAPlanOrInMistakes) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  static const char* const kTokens[] = {"deal.amount", "deal.owner", "deal.stage", "product.launched", "f0", "f1", "f2", "f3", "reps[deal.owner].team",
                                        "reps[f1].quota", "reps", "[", "]", ".", "(", ")", ",", "+", "-", "*", "2.5", "0", "filled(", "days_since("};
  static const char* const kRight[] = {"deal.amount * deal.probability", "reps[deal.owner].quota - deal.amount", "filled(deal.owner, deal.stage)",
                                       "days_since(product.launched) + 1", "f1 + f2", "f2 * 2"};
  int plans = 0;
  for (int i = 0; i < 200; ++i) {
    std::string yaml = "fields:\n";
    for (int f = 0; f < 4; ++f) {
      yaml += "  f" + std::to_string(f) + ": \"";
      if (random() % 2 == 0) yaml += std::string(kRight[random() % std::size(kRight)]) + " ";
      const size_t tokens = yaml.back() == ' ' && random() % 4 != 0 ? 0 : 1 + random() % (random() % 4 == 0 ? 9 : 1);
      for (size_t n = 0; n < tokens; ++n) yaml += std::string(kTokens[random() % std::size(kTokens)]) + " ";
      yaml += "\"\n";
    }
    yaml += "kpis: [{name: k, on: deal.won, sum: f0, where: f1 > 2 or has(f2), by: {label: f3}, windows: [24h]}]\n";
    Specs specs;
    Diagnostics diagnostics;
    ParseConfig("c.yaml", kInputs + yaml, &specs, &diagnostics);
    specs.tables.push_back(Reps());
    const auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    EXPECT_EQ(plan == nullptr, !diagnostics.empty()) << yaml;
    plans += plan != nullptr ? 1 : 0;
  }
  EXPECT_GT(plans, 0) << "some of them should be right";
}

TEST(FieldsInAPlan, SayWhichColumnsAReloadedTableMustHave) {
  std::string said;
  const auto plan = Compile(std::string(kKpi) + "fields:\n  team: reps[deal.owner].team\n", &said);
  ASSERT_TRUE(plan != nullptr) << said;
  ASSERT_EQ(plan->lookups().size(), 1u);
  EXPECT_EQ(plan->lookups()[0].name, "reps");
  EXPECT_EQ(plan->lookups()[0].needed, std::vector<bool>({true, false, false}));
}

TEST(SourcesInAPlan, FeedWhatReadsTheirEventTypes) {
  std::string said;
  const auto plan = Compile("sources: {crm: {feeds: [deal.won, lead.created], expect_every: 1h}, all: {expect_every: 1h}}\n"
                            "kpis: [{name: won, on: deal.won, count: true, windows: [24h]}, {name: paid, on: order.paid, count: true, windows: [24h]},"
                            " {name: to_deal, key: lead.id, elapsed: {from: lead.created, to: deal.created}, stats: [avg], windows: [24h]}]", &said);
  ASSERT_TRUE(plan != nullptr) << said;
  const auto feeds = [&](size_t kpi) { return plan->source_sets()[plan->kpis()[kpi].source_set]; };
  EXPECT_EQ(feeds(0), (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(feeds(1), (std::vector<uint32_t>{1}));
  EXPECT_EQ(feeds(2), (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(plan->heartbeat().type, Schema::Canonical().FindType("heartbeat"));
  EXPECT_EQ(Compile("sources: {crm: {feeds: [deal.wun], expect_every: 1h}}\n"
                    "kpis: [{name: won, on: deal.won, count: true, windows: [24h]}]", &said), nullptr);
  EXPECT_NE(said.find("sources.crm.feeds: there is no event type \"deal.wun\"; did you mean \"deal.won\"?"), std::string::npos) << said;
}

TEST(FieldsInAPlan, TheExamplesAreRight) {
  for (const char* file : {TIDEMARK_EXAMPLES "/tables.yaml", TIDEMARK_EXAMPLES "/goals.yaml", TIDEMARK_EXAMPLES "/sources.yaml"}) {
    Specs specs;
    Diagnostics diagnostics;
    LoadConfig(file, &specs, &diagnostics);
    const auto plan = Plan::Compile(specs, Schema::Canonical(), &diagnostics);
    EXPECT_EQ(diagnostics.ToString(), "");
    EXPECT_TRUE(plan != nullptr);
  }
}

TEST(FieldsInAPlan, CostNothingWhereTheyAreNotUsed) {
  std::string said;
  const auto plan = Compile("fields: {weighted: deal.amount * deal.probability}\n"
                            "kpis: [{name: k, on: deal.won, sum: weighted, windows: [24h]}, {name: l, on: deal.lost, count: true, windows: [24h]}]", &said);
  ASSERT_TRUE(plan != nullptr) << said;
  const Schema& schema = Schema::Canonical();
  EXPECT_FALSE(plan->derivation(*schema.FindType("deal.won")).empty());
  EXPECT_TRUE(plan->derivation(*schema.FindType("deal.lost")).empty());
}

}  // namespace
}  // namespace tidemark
