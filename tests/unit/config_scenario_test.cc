// Scenario files: what is read, and each mistake at its place.
#include <gtest/gtest.h>

#include "config/scenario.h"
#include "tidemark/events/v1/event.pb.h"

namespace tidemark {
namespace {

using tidemark::events::v1::Event;

// Definitions before the scenarios, so that those begin in line 3.
constexpr const char* kKpis =
    "kpis: [{name: leads, on: lead.created, count: true, by: {channel: lead.channel}, windows: [1h]}]\n"
    "start: 2026-03-02T09:00:00Z\n";

ScenarioFile Parsed(const std::string& yaml) {
  ScenarioFile file;
  Diagnostics diagnostics;
  ParseScenarios("s.yaml", yaml, Schema::Canonical(), &file, &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "");
  return file;
}

std::string Mistakes(const std::string& yaml) {
  ScenarioFile file;
  Diagnostics diagnostics;
  ParseScenarios("s.yaml", yaml, Schema::Canonical(), &file, &diagnostics);
  return diagnostics.ToString();
}

// A file of one scenario with one step, whose events are as given.
ScenarioStep StepOf(const std::string& events) {
  ScenarioFile file = Parsed(std::string(kKpis) + "scenarios: [{name: a, steps: [{at: 24h, events: " + events +
                             ", expect: [sales_leads absent]}]}]\n");
  EXPECT_EQ(file.scenarios.size(), 1u);
  return std::move(file.scenarios.at(0).steps.at(0));
}

Event EventOf(const ScenarioEvent& event) {
  Event parsed;
  EXPECT_TRUE(parsed.ParseFromString(event.record));
  return parsed;
}

int64_t Seconds(const char* time) { return Micros(*ParseRfc3339(time)) / kMicrosPerSecond; }

TEST(Scenario, StepsGoOnFromTheStartAndFromOneAnother) {
  const ScenarioFile file = Parsed(std::string(kKpis) + R"(scenarios:
- name: a
  steps:
  - expect: sales_leads absent
  - at: 1h
  - at: +15m
    restart: true
  - at: 2026-03-02T11:00:00Z
- name: b
  start: 2026-01-01T00:00:00Z
  steps: [{at: 1d, expect_only: ['sales_leads{channel="x: y",window="1h"} 2', low firing]}]
)");
  const Scenario& a = file.scenarios[0];
  const char* moments[] = {"09:00:00Z", "10:00:00Z", "10:15:00Z", "11:00:00Z"};
  ASSERT_EQ(a.steps.size(), 4u);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(FormatRfc3339(a.steps[i].moment), std::string("2026-03-02T") + moments[i]);
  EXPECT_TRUE(a.steps[2].restart);
  EXPECT_FALSE(a.steps[3].restart);
  EXPECT_EQ(a.place.line, 4);
  EXPECT_EQ(a.steps[1].place.line, 7);
  const ScenarioStep& b = file.scenarios[1].steps[0];
  EXPECT_EQ(FormatRfc3339(b.moment), "2026-01-02T00:00:00Z");
  ASSERT_EQ(b.expect.size(), 2u);
  EXPECT_TRUE(b.expect[0].only);
  EXPECT_EQ(b.expect[0].series.labels.at("channel"), "x: y");
  EXPECT_EQ(b.expect[1].state, "firing");
}

TEST(Scenario, EventsAreWhatAProducerWouldWrite) {
  const ScenarioStep step = StepOf(
      "[{lead.created: {lead: {id: L1, channel: web, score: 7.5, created: -30m}, contact: {email: a@b.c}}},"
      " {order.paid: {order: {id: 17, amount: 12.5, cost_micros: 3000000, units: 2, first: true}}, id: e7, source: "
      "shop,"
      "  time: -3h, entity_version: 4, dimensions: {brand: x}, partition: 2, subject: s},"
      " {web.session: {web: {engaged: 90s}}, time: 2026-03-02T09:00:00.25Z}, heartbeat, {deal.won: , time: 23h}]");
  ASSERT_EQ(step.events.size(), 5u);
  const Event lead = EventOf(step.events[0]);
  EXPECT_EQ(lead.id(), "#1");
  EXPECT_EQ(lead.time().seconds(), Seconds("2026-03-03T09:00:00Z")) << "the moment of its step";
  EXPECT_EQ(lead.lead_created().lead().channel(), "web");
  EXPECT_EQ(lead.lead_created().lead().score(), 7.5);
  EXPECT_EQ(lead.lead_created().lead().created().seconds(), Seconds("2026-03-03T08:30:00Z"));
  EXPECT_EQ(lead.lead_created().contact().email(), "a@b.c");
  EXPECT_EQ(step.events[0].tp, (TopicPartition{"events", 0}));
  const Event order = EventOf(step.events[1]);
  EXPECT_EQ(order.id() + order.source() + order.subject(), "e7shops");
  EXPECT_EQ(order.time().seconds(), Seconds("2026-03-03T06:00:00Z"));
  EXPECT_EQ(order.entity_version(), 4);
  EXPECT_EQ(order.dimensions().at("brand"), "x");
  EXPECT_EQ(order.order_paid().order().id(), "17");
  EXPECT_EQ(order.order_paid().order().amount_micros(), 12'500'000) << "the short name takes the decimal";
  EXPECT_EQ(order.order_paid().order().cost_micros(), 3'000'000) << "the field's name takes what is stored";
  EXPECT_EQ(order.order_paid().order().units(), 2);
  EXPECT_TRUE(order.order_paid().order().first());
  EXPECT_EQ(step.events[1].tp.partition, 2);
  const Event session = EventOf(step.events[2]);
  EXPECT_EQ(session.web_session().web().engaged().seconds(), 90);
  EXPECT_EQ(session.time().nanos(), 250'000'000);
  EXPECT_EQ(EventOf(step.events[3]).payload_case(), Event::kHeartbeat);
  EXPECT_EQ(EventOf(step.events[4]).payload_case(), Event::kDealWon) << "an event without fields is one";
  EXPECT_EQ(EventOf(step.events[4]).time().seconds(), Seconds("2026-03-03T08:00:00Z")) << "23h after the start";
}

TEST(Scenario, ARepeatedEventHasAnIdEachTimeAndAnAliasKeepsIts) {
  const ScenarioStep step = StepOf("[{lead.created: {}, repeat: 3}, &e {lead.created: {}, id: x}, *e]");
  std::string ids;
  for (const ScenarioEvent& event : step.events) ids += EventOf(event).id() + " ";
  EXPECT_EQ(ids, "#1 #2 #3 x x ");
}

TEST(Scenario, AnEventGoesToTheFirstTopicThatCarriesItsType) {
  const ScenarioFile file = Parsed(std::string(kKpis) +
                                   "topics: [{name: deals, events: [deal.won]}, rest]\n"
                                   "scenarios: [{name: a, steps: [{events: [deal.won, lead.created,"
                                   " {deal.won: {}, topic: rest}], expect: sales_leads absent}]}]\n");
  const auto& events = file.scenarios[0].steps[0].events;
  EXPECT_EQ(events[0].tp.topic + " " + events[1].tp.topic + " " + events[2].tp.topic, "deals rest rest");
}

constexpr const char* kSource = "sources: {crm: {topics: [changes, more], events: [{emit: lead.created, set: {lead.id: row.id}}]}}\ntopics: [plain]\n";

TEST(Scenario, ARecordOfASourceIsGivenAsItStandsThere) {
  const ScenarioFile file = Parsed(std::string(kKpis) + kSource +
                                   R"(scenarios:
- name: a
  steps:
  - events:
    - {record: '{"id": "x"}'}
    - {record: '{"id": "y"}', topic: more, partition: 3, headers: {kind: lead, of: crm}}
    - lead.created
    expect: sales_leads 1
)");
  const auto& events = file.scenarios[0].steps[0].events;
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].tp.topic + " " + events[0].record, "changes {\"id\": \"x\"}");
  EXPECT_EQ(events[1].tp.topic + " " + std::to_string(events[1].tp.partition) + " " + events[1].record, "more 3 {\"id\": \"y\"}");
  ASSERT_EQ(events[1].headers.size(), 2u);
  EXPECT_EQ(events[1].headers[0].first + " " + events[1].headers[1].second, "kind crm");
  EXPECT_EQ(events[2].tp.topic, "plain") << "an event goes where no source maps";
}

TEST(Scenario, MistakesOfRecordsAreShownAtTheirPlace) {
  const auto said = [](const std::string& source, const std::string& event) {
    return Mistakes(std::string(kKpis) + source + "scenarios: [{name: a, steps: [{events: [" + event + "], expect: sales_leads 1}]}]\n");
  };
  const std::pair<const char*, const char*> kRows[] = {
      {"{record: '{}', topic: plain}", "carries events, not records of a source"},
      {"{lead.created: {}, topic: changes}", "carries records that the source crm maps; give `record`"},
      {"{record: '{}', topic: mroe}", "\"mroe\" is no topic of the configuration; did you mean \"more\"?"},
      {"{record: '{}', topic: ''}", "events[0].topic: is empty"},
      {"{record: [1]}", "events[0].record: a single value is wanted here"},
      {"{record: }", "events[0].record: has no value"},
      {"{record: '{}', headers: x}", "events[0].headers: a map (key: value) is wanted here"},
      {"{record: '{}', headers: {a: [1]}}", "events[0].headers.a: a single value is wanted here"},
      {"{record: '{}', partition: 9999}", "events[0].partition: 9999 is not from 0 to 1023"},
      {"{record: '{}', reocrd: x}", "unknown key \"reocrd\"; did you mean \"record\"?"},
  };
  for (const auto& [event, text] : kRows) EXPECT_NE(said(kSource, event).find(text), std::string::npos) << event << "\n" << said(kSource, event);
  std::string large = "&r {record: '" + std::string(1 << 20, 'x') + "'}";
  for (int i = 0; i < 70; ++i) large += ", *r";
  EXPECT_NE(said(kSource, large).find("makes too many events, or too large ones"), std::string::npos);
  EXPECT_NE(said(kSource, "&e {lead.created: {}, repeat: 100000}, *e, {record: x}").find("makes too many events, or too large ones"), std::string::npos);
  EXPECT_NE(said("", "{record: '{}'}").find("a record needs a source with topics; the configuration has none"), std::string::npos);
}

TEST(Scenario, AWholeConfigurationNeedsNoBrokerAndNoVariables) {
  ScenarioFile file;
  Diagnostics diagnostics;
  ParseScenarios(TIDEMARK_EXAMPLES "/scenarios/none.yaml",
                 "config: ../production.yaml\nscenarios: [{name: a, steps: [{expect: x 1}]}]\n", Schema::Canonical(),
                 &file, &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "");
  EXPECT_FALSE(file.specs.kpis.empty());
  EXPECT_FALSE(file.specs.topics.empty());
  EXPECT_EQ(file.specs.kafka.brokers, "");
}

TEST(Scenario, ValuesAreMetExactlyOrAsFarAsWritten) {
  const struct {
    const char* expected;
    const char* shown;
    bool met;
  } kRows[] = {{"1", "1", true},
               {"1.50", "1.5", true},
               {"1", "1.000000000000000001", false},
               {"12345678901234567890.1", "12345678901234567890.1", true},
               {"12345678901234567890.1", "12345678901234567890.2", false},
               {"-3", "-3", true},
               {"0.25", "2.5e-1", true},
               {"0.00001", "1e-05", true},
               {"~0.333", "0.3333333333333333", true},
               {"~0.333", "0.3325", true},
               {"~0.333", "0.3336", false},
               {"~3", "3.5", true},
               {"~3", "3.51", false},
               {"~0.00", "1e-05", true},
               {"3600 +-1%", "3636", true},
               {"3600 +-1%", "3637", false},
               {"-3600 \u00B11%", "-3564", true},
               {"3600 +-0.5", "3600.5", true},
               {"3600 +-0.5", "3599", false},
               {"1", "NaN", false},
               {"~1", "+Inf", false},
               {"1", "1e0", true},
               {"1", "", false},
               {"1", "one", false},
               {"5 +-0.5", "4.5", true},
               {"5 +-0.5", "45e-1", true},
               {"1 +-0.000000000000000001", "170141183460469231731687303715884105727", false},
               {"firing", "firing", true},
               {"pending", "firing", false}};
  for (const auto& row : kRows) {
    size_t at = 0;
    const Result<Expectation> line = ParseExpectation(std::string("x ") + row.expected, &at);
    ASSERT_TRUE(line.ok()) << row.expected << ": " << line.status().text();
    EXPECT_EQ(line->MetBy(row.shown), row.met) << row.expected << " and " << row.shown;
  }
}

TEST(Scenario, WhatIsNoExpectationIsRefused) {
  for (const char* line :
       {"", "{} 1", "5x 1", "x", "x \t\n", "x one", "x ~one", "x ~0.000000000000000001", "x 5 5", "x 5 +-one", "x 5 +--1", "x 5 +-1 more", "x absent 5", "x firing 5",
        "x 0.000000000000000001 +-0.000000000000000001%", "x{", "x{a", "x{a=b} 1", "x{a=\"b} 1", "x{a=\"b\\", "x{a=\"b\" c} 1", "x{a=\"b\"", "x{=\"1\"} 1",
        "x{a=\"1\",a=\"2\"} 1", "x{a \"1\"} 1"}) {
    size_t at = 0;
    EXPECT_FALSE(ParseExpectation(line, &at).ok()) << line;
    EXPECT_LE(at, std::string(line).size()) << line;
  }
}

TEST(Scenario, ASeriesIsReadAsTheTextFormatWritesIt) {
  size_t at = 0;
  const Result<SeriesName> series = ParseSeriesName(" a:b_1 { x = \"q\\\"\\\\\\n}\" , y=\"\", } 5", &at);
  ASSERT_TRUE(series.ok()) << series.status().text();
  EXPECT_EQ(series->name, "a:b_1");
  EXPECT_EQ(series->labels, (std::map<std::string, std::string>{{"x", "q\"\\\n}"}, {"y", ""}}));
  EXPECT_EQ(at, 33u);
}

struct Row {
  const char* name;
  std::string yaml;  // from line 3 on
  std::string expected;
};

std::string Step(const std::string& step) {
  return "scenarios:\n- name: a\n  steps:\n  - " + step + "\n  - expect: x 1\n";
}
std::string InEvent(const std::string& event) { return Step("events:\n    - " + event); }
std::string Line(const std::string& line) { return Step("expect:\n    - " + line); }
std::string Said(int line, int column, const std::string& text) {
  return "s.yaml:" + std::to_string(line) + ":" + std::to_string(column) + ": " + text + "\n";
}
const std::string kFirst = "scenarios[0].steps[0]";
const std::string kEvent = kFirst + ".events[0]";
const std::string kLine = kFirst + ".expect[0]: ";

const Row kRows[] = {
    {"no scenarios", "", Said(1, 1, "\"scenarios\" is missing")},
    {"no list", "scenarios: 1", Said(3, 12, "scenarios: a list of at least one scenario is wanted here")},
    {"kpis beside config", "config: nowhere.yaml\nscenarios: [{name: a, steps: [{expect: x 1}]}]",
     "nowhere.yaml: can't read the file: No such file or directory\n" +
         Said(1, 1, "kpis: stands beside config, whose file has its own; leave out one of the two")},
    {"an unknown section", "rulse: []\nscenarios: [{name: a, steps: [{expect: x 1}]}]",
     Said(3, 1, "unknown key \"rulse\"; did you mean \"rules\"?")},
    {"two of a name", "scenarios:\n- &a {name: a, steps: [{expect: x 1}]}\n- *a",
     Said(4, 13, "scenarios[1].name: the scenario \"a\" is given twice")},
    {"no name", "scenarios: [{steps: [{expect: x 1}]}]", Said(3, 13, "scenarios[0]: \"name\" is missing")},
    {"no steps", "scenarios: [{name: a, steps: []}]",
     Said(3, 30, "scenarios[0].steps: a list of at least one step is wanted here")},
    {"nothing expected", "scenarios: [{name: a, steps: [{at: 1h}]}]",
     Said(3, 13, "scenarios[0]: expects nothing; add expect to a step")},
    {"a bad start", "scenarios: [{name: a, start: noon, steps: [{expect: x 1}]}]",
     Said(3, 30, "scenarios[0].start: \"noon\" is not a time; write it like 2026-11-24T03:36:49Z (RFC 3339)")},
    {"a start long ago", "scenarios: [{name: a, start: 1969-01-01T00:00:00Z, steps: [{expect: x 1}]}]",
     Said(3, 30, "scenarios[0].start: \"1969-01-01T00:00:00Z\" is not between 1970 and 9892")},

    {"an empty step", Step("{}"),
     Said(6, 5, kFirst + ": a step does something: at, restart, events, expect, expect_only")},
    {"an unknown step", Step("advance: 1h"),
     Said(6, 5, kFirst + ": unknown key \"advance\"; there are: at, restart, events, expect, expect_only")},
    {"a bad instant", Step("at: 5 min"),
     Said(6, 9,
          kFirst + ".at: \"5 min\" is not an instant; write 24h (after the start), +15m or -15m (from this step's "
                   "moment), or 2026-03-02T09:00:00Z")},
    {"back in time", Step("at: -1h"),
     Said(6, 9, kFirst + ".at: is before the step before, which is at 2026-03-02T09:00:00Z")},
    {"too far", Step("at: 8000d"), Said(6, 9, kFirst + ".at: is more than 7320d after the start")},
    {"a bad restart", Step("restart: yes"), Said(6, 14, kFirst + ".restart: write true")},

    {"a misspelled type", InEvent("{lead.craeted: {}}"),
     Said(7, 8, kEvent + ": \"lead.craeted\" is no event type; did you mean \"lead.created\"?")},
    {"a misspelled type alone", InEvent("heartbeet"),
     Said(7, 7, kEvent + ": \"heartbeet\" is no event type; did you mean \"heartbeat\"?")},
    {"no type", InEvent("{id: 7}"),
     Said(7, 7, kEvent + ": an event has its type as a key, like lead.created: {lead: {id: L1, channel: web}}")},
    {"two types", InEvent("{lead.created: {}, deal.won: {}}"),
     Said(7, 26, kEvent + ": a second event type beside lead.created; each event is an item of its own")},
    {"a misspelled field", InEvent("lead.created: {lead: {chanel: web}}"),
     Said(7, 29, kEvent + ".lead.created.lead: no field \"chanel\" here; did you mean \"channel\"?")},
    {"a field of another event", InEvent("order.paid: {lead: {id: L1}}"),
     Said(7, 20, kEvent + ".order.paid: no field \"lead\" here; there are: order, customer, product")},
    {"a path", InEvent("deal.created: {deal.id: d1}"), Said(7, 22, kEvent + ".deal.created: no field \"deal.id\" here; write deal: {id: ..}")},
    {"a field of the event", InEvent("deal.created: {event.id: e1}"),
     Said(7, 22, kEvent + ".deal.created: no field \"event.id\" here; write id: .., beside the event's type")},
    {"a dimension", InEvent("deal.created: {dimensions.brand: x}"),
     Said(7, 22, kEvent + ".deal.created: no field \"dimensions.brand\" here; write dimensions: {brand: ..}, beside the event's type")},
    {"a message as a value", InEvent("lead.created: {lead: L1}"),
     Said(7, 28, kEvent + ".lead.created.lead: a map (key: value) is wanted here")},
    {"a value as a map", InEvent("lead.created: {lead: {id: {a: 1}}}"),
     Said(7, 33, kEvent + ".lead.created.lead.id: a single value is wanted here")},
    {"a misspelled envelope key", InEvent("{lead.created: {}, tiem: -3h}"),
     Said(7, 26, kEvent + ": unknown key \"tiem\"; did you mean \"time\"?")},
    {"dimensions of one word", InEvent("{lead.created: {}, dimensions: all}"),
     Said(7, 38, kEvent + ".dimensions: a map (key: value) is wanted here")},
    {"a topic of no name", InEvent("{lead.created: {}, topic: \"\"}"), Said(7, 33, kEvent + ".topic: is empty")},
    {"too many digits", InEvent("order.paid: {order: {amount: 1.2345678}}"),
     Said(7, 36, kEvent + ".order.paid.order.amount: has more than 6 digits after the point")},
    {"micros with a point", InEvent("order.paid: {order: {amount_micros: 1.5}}"),
     Said(7, 43, kEvent + ".order.paid.order.amount_micros: \"1.5\" is not a whole number")},
    {"no number", InEvent("order.paid: {order: {units: two}}"),
     Said(7, 35, kEvent + ".order.paid.order.units: \"two\" is not a decimal number like 250, -3 or 0.25")},
    {"too large", InEvent("order.paid: {order: {amount: 10000000000000}}"),
     Said(7, 36, kEvent + ".order.paid.order.amount: \"10000000000000\" does not fit into the field")},
    {"an unknown topic", InEvent("{lead.created: {}, topic: evnts}"),
     Said(7, 33, kEvent + ".topic: \"evnts\" is no topic of the configuration; did you mean \"events\"?")},
    {"a repeat with an id", InEvent("{lead.created: {}, id: x, repeat: 2}"),
     Said(7, 41, kEvent + ".repeat: gives each event an id of its own; leave out id")},
    {"too many events", InEvent("&e {lead.created: {}, repeat: 100000}\n    - *e\n    - *e\n    - *e"),
     Said(7, 7, kFirst + ".events[2]: makes more than 200000 events in the file")},
    {"too many bytes", InEvent("{lead.created: {lead: {id: " + std::string(1000, 'x') + "}}, repeat: 100000}\n    - {lead.created: {}}"),
     Said(7, 7, kEvent + ": makes more than 64MiB of events in the file")},
    {"a type that no topic carries", "topics: [{name: t, events: [deal.won]}]\n" + InEvent("lead.created"),
     Said(8, 7, kEvent + ": no topic of the configuration carries lead.created; name one with `topic`")},

    {"no metric", Line("'12'"), Said(7, 8, kLine + "a line begins with the name of a metric or a rule")},
    {"no value", Line("x{a=\"b\"}"), Said(7, 15, kLine + "has no value; write it behind the series, like x 12")},
    {"a map", Line("x{a=\"b: c\"} 1"),
     Said(
         7, 7,
         kLine + "a line like sales_leads_created{channel=\"web\",window=\"24h\"} 12 is wanted here; put it in '...'")},
    {"an unquoted label", Line("x{a=b} 1"), Said(7, 11, kLine + "a label's value stands in double quotes: a=\"...\"")},
    {"an open quote", Line("x{a=\"b} 1"), Said(7, 16, kLine + "the value of a has no closing quote")},
    {"no brace", Line("x{a=\"b\" 1"), Said(7, 15, kLine + ", or } is wanted here")},
    {"no label", Line("x{,} 1"), Said(7, 9, kLine + "a label like channel=\"web\", or }, is wanted here")},
    {"no equals", Line("x{a} 1"), Said(7, 10, kLine + "= is wanted behind the label a")},
    {"a label twice", Line("x{a=\"b\",a=\"c\"} 1"), Said(7, 15, kLine + "the label a is given twice")},
    {"a misspelled word", Line("x abset"),
     Said(7, 9,
          kLine + "\"abset\" is no value; write a decimal like 12 or 0.25, ~0.333, 3600 +-1%, absent, or of a rule "
                  "firing, pending or inactive; did you mean \"absent\"?")},
    {"too much", Line("x absent 1"), Said(7, 16, kLine + "\"1\" is too much here")},
    {"a second number", Line("x 1 2"),
     Said(7, 11, kLine + "nothing but a tolerance like +-0.5 or +-1% may follow the number")},
    {"after the tolerance", Line("x 1 +-2 3"), Said(7, 15, kLine + "\"3\" is too much here")},
    {"two tolerances", Line("x ~1 +-2"), Said(7, 12, kLine + "\"+-2\" is too much here")},
    {"a long line", Line("x" + std::string(5000, 'x') + " 1"), Said(7, 7, kLine + "is longer than 4096 bytes")},
};

TEST(Scenario, EachMistakeIsShownAtItsPlaceWithWhatIsRight) {
  for (const Row& row : kRows) EXPECT_EQ(Mistakes(kKpis + row.yaml), row.expected) << row.name;
  EXPECT_EQ(Mistakes("scenarios: [{name: a, steps: [{expect: x 1}]}]"),
            Said(1, 1, "has neither config: FILE nor kpis of its own"));
}

}  // namespace
}  // namespace tidemark
