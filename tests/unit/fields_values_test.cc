// What derived fields are worth: rounding, overflow, absence, times, lookups.
#include <gtest/gtest.h>

#include "config/config.h"
#include "pipeline/plan/fields.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark {
namespace {

using events::v1::Event;

constexpr int64_t kNow = 1'800'000'000;  // seconds

// A field of one definition, of one event type.
class Derived {
 public:
  Derived(const std::string& type, const std::string& definitions, std::vector<TableSpec> tables = {}) {
    Diagnostics diagnostics;
    ParseConfig("c.yaml", "kafka: {brokers: \"b:9092\"}\ntopics: [t]\nkpis: [{name: k, on: a.b, count: true, windows: [1h]}]\nfields:\n" + definitions,
                &specs_, &diagnostics);
    EXPECT_EQ(diagnostics.ToString(), "");
    specs_.tables = std::move(tables);
    const Schema& schema = Schema::Canonical();
    const EventTypeId id = *schema.FindType(type);
    Fields fields(specs_, schema, &diagnostics);
    const auto info = fields.Resolve(id, "f");
    EXPECT_TRUE(info.ok()) << info.status().text();
    info_ = *info;
    slot_ = fields.Slot(id, "f");
    EXPECT_EQ(diagnostics.ToString(), "");
    decoder_ = ProtoDecoder::Make(schema, std::vector<Projection>{{id, fields.slots(id)}}).value();
    slots_.resize(decoder_->max_slots());
    derivation_ = fields.TakeDerivation(id);
    for (const LookupPlan& lookup : fields.TakeLookups()) tables_.push_back(lookup.contents);
  }

  // As people write it; "absent".
  std::string Of(Event event, int64_t seconds = kNow) {
    event.mutable_time()->set_seconds(seconds);
    const std::string bytes = event.SerializeAsString();
    EventRow row;
    decoder_->Decode(bytes, slots_.data(), &row);
    EXPECT_EQ(row.error, DecodeError::kNone);
    derivation_.Evaluate(tables_, nullptr, &row);
    if ((row.present >> slot_ & 1) == 0) return "absent";
    if (info_.type == SlotType::kString) return "\"" + std::string(row.slots[slot_].view()) + "\"";
    return ToString(Decimal{row.slots[slot_].i, info_.scale});
  }
  const FieldInfo& info() const { return info_; }
  LookupTables& tables() { return tables_; }

 private:
  Specs specs_;
  FieldInfo info_;
  uint32_t slot_ = 0;
  std::unique_ptr<ProtoDecoder> decoder_;
  std::vector<Slot> slots_;
  Derivation derivation_;
  LookupTables tables_;
};

Event Order(std::optional<int64_t> amount_micros, std::optional<int64_t> units = {}, std::optional<int64_t> cost_micros = {}) {
  Event event;
  auto* order = event.mutable_order_paid()->mutable_order();
  if (amount_micros) order->set_amount_micros(*amount_micros);
  if (units) order->set_units(*units);
  if (cost_micros) order->set_cost_micros(*cost_micros);
  return event;
}

TEST(Arithmetic, HasTheGreaterScaleAndRoundsProductsToEven) {
  const struct {
    const char* definition;
    std::optional<int64_t> amount, units, cost;
    const char* value;
    int scale;
  } kRows[] = {
      {"order.amount - order.cost", 10'000'000, {}, 2'500'001, "7.499999", 6},
      {"order.amount + order.units", 1'500'000, 3, {}, "4.5", 6},
      {"order.units - 5", {}, 3, {}, "-2", 0},
      {"order.units * order.units", {}, -7, {}, "49", 0},
      {"order.units * 2.50", {}, 3, {}, "7.5", 1},                  // 2.50 is 2.5
      {"order.units * 0.25", {}, 3, {}, "0.75", 2},
      {"order.amount * order.units", 1'000'001, 3, {}, "3.000003", 6},
      {"order.amount * order.cost", 1, {}, 500'000, "0", 6},         // 0.0000005: the even neighbour is 0
      {"order.amount * order.cost", 3, {}, 500'000, "0.000002", 6},  // 0.0000015: the even neighbour is 2
      {"order.amount * order.cost", -1, {}, 500'000, "0", 6},
      {"order.amount * order.cost", -3, {}, 500'000, "-0.000002", 6},
      {"order.amount * order.cost", 1, {}, 500'001, "0.000001", 6},
      {"order.amount * order.cost", -1, {}, 499'999, "0", 6},
      {"-order.amount", 5'000'000, {}, {}, "-5", 6},
      {"- - order.units * -2", {}, 4, {}, "-8", 0},
      {"order.amount * (order.units + 1) - order.cost", 2'000'000, 2, 1'000'000, "5", 6},
      {"0.000000000000000001 + order.units", {}, 5, {}, "5.000000000000000001", 18},
  };
  for (const auto& row : kRows) {
    Derived f("order.paid", "  f: \"" + std::string(row.definition) + "\"\n");
    EXPECT_EQ(f.Of(Order(row.amount, row.units, row.cost)), row.value) << row.definition;
    EXPECT_EQ(f.info().scale, row.scale) << row.definition;
    EXPECT_EQ(f.info().type, row.scale == 0 ? SlotType::kInt64 : SlotType::kDecimal) << row.definition;
    EXPECT_TRUE(f.info().explicit_presence);
  }
}

TEST(Arithmetic, IsAbsentWhereAnOperandIsOrTheResultDoesNotFit) {
  const struct {
    const char* definition;
    std::optional<int64_t> amount, units, cost;
    const char* value;
  } kRows[] = {
      {"order.amount - order.cost", 10'000'000, {}, {}, "absent"},
      {"order.amount - order.cost", {}, {}, 1, "absent"},
      {"order.amount - order.cost", 0, {}, 0, "0"},
      {"order.amount * 0", {}, {}, {}, "absent"},
      {"order.amount + order.cost", INT64_MAX, {}, 1, "absent"},
      {"order.amount + order.cost", INT64_MAX, {}, 0, "9223372036854.775807"},
      {"order.amount - order.cost", INT64_MIN, {}, 1, "absent"},
      {"order.amount + order.units", 0, 9'223'372'036'854, {}, "9223372036854"},
      {"order.amount + order.units", 0, 9'223'372'036'855, {}, "absent"},  // at the scale of the amount
      {"order.units * order.units", {}, 3'037'000'500, {}, "absent"},
      {"order.units * order.units", {}, 3'037'000'499, {}, "9223372030926249001"},
      {"order.units * order.units", {}, INT64_MIN, {}, "absent"},
      {"order.amount * order.cost", INT64_MIN, {}, 1'000'000, "-9223372036854.775808"},
      {"-order.units", {}, INT64_MIN, {}, "absent"},
      {"-order.units", {}, INT64_MAX, {}, "-9223372036854775807"},
      // Each step has to fit, as if it were a field of its own.
      {"order.units + 1 - 1", {}, INT64_MAX, {}, "absent"},
  };
  for (const auto& row : kRows) {
    Derived f("order.paid", "  f: \"" + std::string(row.definition) + "\"\n");
    EXPECT_EQ(f.Of(Order(row.amount, row.units, row.cost)), row.value) << row.definition;
  }
}

TEST(Arithmetic, APartIsWorthWhatItIsAsAFieldOfItsOwn) {
  Derived whole("order.paid", "  f: (order.amount * order.cost) * order.cost\n");
  Derived parts("order.paid", "  g: order.amount * order.cost\n  f: g * order.cost\n");
  for (const int64_t amount : {int64_t{1}, int64_t{3}, int64_t{999'999'999'999}, INT64_MAX}) {
    EXPECT_EQ(whole.Of(Order(amount, {}, 500'000)), parts.Of(Order(amount, {}, 500'000))) << amount;
  }
  EXPECT_EQ(whole.Of(Order(3, {}, 500'000)), "0.000001") << "0.0000015 is 0.000002, and half of it";
}

TEST(Filled, CountsWhatIsThereAndNotEmpty) {
  Derived f("lead.created", "  f: filled(contact.name, contact.email, contact.phone, contact.consent, lead.score)\n");
  Event event;
  event.mutable_lead_created();
  EXPECT_EQ(f.Of(event), "0");
  auto* contact = event.mutable_lead_created()->mutable_contact();
  contact->set_email("a@b.c");
  contact->set_phone("");
  EXPECT_EQ(f.Of(event), "1") << "an empty text is not filled";
  contact->set_consent(false);
  event.mutable_lead_created()->mutable_lead()->set_score(0);
  EXPECT_EQ(f.Of(event), "3") << "no and zero are answers";
  contact->set_name("x");
  contact->set_phone("1");
  EXPECT_EQ(f.Of(event), "5");
  EXPECT_EQ(f.info().type, SlotType::kInt64);
}

TEST(Since, CountsWholeUnitsTowardsThePast) {
  constexpr int64_t kWeek = 7 * 86'400;
  const struct {
    const char* function;
    int64_t launched;
    const char* value;
  } kRows[] = {
      {"weeks_since", kNow, "0"},         {"weeks_since", kNow - kWeek + 1, "0"}, {"weeks_since", kNow - kWeek, "1"},
      {"weeks_since", kNow + 1, "-1"},    {"weeks_since", kNow + kWeek, "-1"},    {"weeks_since", kNow + kWeek + 1, "-2"},
      {"days_since", kNow - 86'400, "1"}, {"days_since", kNow - 86'399, "0"},     {"hours_since", kNow - 7'200, "2"},
      {"days_since", 0, "20833"},         {"weeks_since", -62'135'596'800, "105713"},
  };
  for (const auto& row : kRows) {
    Derived f("deal.won", "  f: " + std::string(row.function) + "(product.launched)\n");
    Event event;
    event.mutable_deal_won()->mutable_product()->mutable_launched()->set_seconds(row.launched);
    EXPECT_EQ(f.Of(event), row.value) << row.function << " " << row.launched;
    event.mutable_deal_won()->mutable_product()->clear_launched();
    EXPECT_EQ(f.Of(event), "absent");
  }
  Derived now("deal.won", "  f: hours_since(event.time)\n");
  Event event;
  event.mutable_deal_won();
  EXPECT_EQ(now.Of(event), "0");
}

TableSpec Reps() {
  TableSpec table;
  table.name = "reps";
  LookupTable::Builder builder({{"team", ColumnType::kText}, {"quota", ColumnType::kDecimal}, {"since", ColumnType::kTime}, {"manager", ColumnType::kText}});
  builder.AddRow("r1");
  builder.SetText(0, "blue");
  builder.SetNumber(1, 1'250'000);
  builder.SetNumber(2, (kNow - 86'400) * 1'000'000);
  builder.SetText(3, "r2");
  builder.AddRow("r2");
  builder.SetText(0, "red");
  builder.AddRow("42");
  builder.SetText(0, "by number");
  builder.AddRow("r4");
  builder.SetNumber(2, INT64_MIN + 1);
  table.contents = std::move(builder).Build();
  return table;
}

Event Deal(const std::string& owner) {
  Event event;
  auto* deal = event.mutable_deal_won()->mutable_deal();
  deal->set_owner(owner);
  deal->set_amount_micros(10'000'000);
  deal->set_units(42);
  return event;
}

std::string Looked(const std::string& definition, const std::string& owner) {
  std::vector<TableSpec> tables;
  tables.push_back(Reps());
  Derived f("deal.won", "  f: \"" + definition + "\"\n  rep: deal.owner\n", std::move(tables));
  return f.Of(Deal(owner));
}

TEST(Lookups, FindWhatTheTableSaysOrNothing) {
  EXPECT_EQ(Looked("reps[deal.owner].team", "r1"), "\"blue\"");
  EXPECT_EQ(Looked("reps[rep].team", "r1"), "\"blue\"") << "by another derived field";
  EXPECT_EQ(Looked("reps[deal.owner].team", "r3"), "absent") << "no such key";
  EXPECT_EQ(Looked("reps[deal.owner].team", ""), "absent") << "no owner";
  EXPECT_EQ(Looked("reps[deal.owner].quota", "r1"), "1.25");
  EXPECT_EQ(Looked("reps[deal.owner].quota", "r2"), "absent") << "an empty cell";
  EXPECT_EQ(Looked("deal.amount - reps[deal.owner].quota", "r1"), "8.75");
  EXPECT_EQ(Looked("deal.amount - reps[deal.owner].quota", "r2"), "absent");
  EXPECT_EQ(Looked("days_since(reps[deal.owner].since)", "r1"), "1");
  EXPECT_EQ(Looked("days_since(reps[deal.owner].since)", "r4"), "absent") << "too long ago for 64 bits";
  EXPECT_EQ(Looked("reps[reps[deal.owner].manager].team", "r1"), "\"red\"");
  EXPECT_EQ(Looked("reps[reps[deal.owner].manager].team", "r2"), "absent");
  EXPECT_EQ(Looked("reps[deal.units].team", "r2"), "\"by number\"") << "a whole number is its digits";
  EXPECT_EQ(Looked("filled(reps[deal.owner].team, reps[deal.owner].quota, reps[deal.owner].manager)", "r2"), "1");
}

TEST(Lookups, SeeTheTableOfTheMoment) {
  std::vector<TableSpec> tables;
  tables.push_back(Reps());
  Derived f("deal.won", "  f: reps[deal.owner].team\n", std::move(tables));
  EXPECT_EQ(f.Of(Deal("r1")), "\"blue\"");
  f.tables()[0] = nullptr;
  EXPECT_EQ(f.Of(Deal("r1")), "absent");
}

TEST(Types, ArePassedOnByNamesAndLookups) {
  std::vector<TableSpec> tables;
  tables.push_back(Reps());
  EXPECT_EQ(Derived("deal.won", "  f: reps[deal.owner].since\n", std::move(tables)).info().type, SlotType::kTime);
  EXPECT_EQ(Derived("lead.created", "  f: contact.consent\n").info().type, SlotType::kBool);
  Derived name("deal.won", "  f: g\n  g: deal.owner\n");
  EXPECT_FALSE(name.info().explicit_presence);
  EXPECT_EQ(name.Of(Deal("r7")), "\"r7\"");
}

TEST(Types, PersonalDataStaysPersonalUnlessCounted) {
  EXPECT_TRUE(Derived("lead.created", "  f: contact.email\n").info().personal);
  EXPECT_FALSE(Derived("lead.created", "  f: filled(contact.email)\n").info().personal);
  EXPECT_FALSE(Derived("lead.created", "  f: g + 1\n  g: filled(contact.email)\n").info().personal);
}

}  // namespace
}  // namespace tidemark
