// `catalogue`: what it takes, what replaces it, mistakes; and that what ships is right.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "config/catalogue_page.h"
#include "config/config.h"
#include "config/scenario.h"
#include "pipeline/event/schema.h"
#include "pipeline/plan/plan.h"
#include "tests/unit/config_rows.h"

namespace tidemark {
namespace {

constexpr CatalogueFile kFiles[] = {
    {"goals", R"(title: Goals
help: How far.
kpis:
- {name: pace, formula: conversion / 2, windows: [24h]}
)"},
    {"leads", R"(title: Lead generation
help: How many.
kpis:
- {name: leads, on: lead.created, count: true, by: {channel: lead.channel}, windows: [24h, 7d]}
- {name: scored, on: lead.scored, count: true, windows: [24h]}
)"},
    {"sales", R"(title: Sales
help: What is won.
kpis:
- {name: won, on: deal.won, count: true, windows: [24h, 7d]}
- {name: lost, on: deal.lost, count: true, windows: [24h]}
- {name: conversion, formula: won / leads, windows: [24h]}
)"},
};

// Names of the KPIs in their order, and what is wrong.
std::string Taken(const std::string& yaml, Catalogue files = kFiles) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", TextBefore(kInput) + yaml + "\n", &specs, &diagnostics, files);
  if (!diagnostics.empty()) return diagnostics.ToString();
  std::string names;
  for (const KpiSpec& kpi : specs.kpis) names += (names.empty() ? "" : " ") + kpi.name;
  return names;
}

TEST(Catalogue, GivesTheSubjectsNamedInItsOwnOrder) {
  EXPECT_EQ(Taken("catalogue: [leads]"), "leads scored");
  EXPECT_EQ(Taken("catalogue: leads"), "leads scored");
  EXPECT_EQ(Taken("catalogue: [sales, leads]"), "leads scored won lost conversion");
  EXPECT_EQ(Taken("catalogue: all"), "pace leads scored won lost conversion");
}

TEST(Catalogue, GivesWhatFormulasNeedAndNothingElseOfOtherSubjects) {
  EXPECT_EQ(Taken("catalogue: [sales]"), "leads won lost conversion");
  EXPECT_EQ(Taken("catalogue: [goals]"), "pace leads won conversion");
  EXPECT_EQ(Taken("catalogue: leads\nkpis: [{name: gone, formula: lost / 2, windows: [24h]}]"),
            "gone leads scored lost")
      << "the configuration's own formulas too";
}

TEST(Catalogue, AKpiOfTheSameNameTakesItsPlaceAndItsNeedsAreNotTaken) {
  const std::string own = "kpis: [{name: conversion, on: deal.won, count: true, windows: [24h]}]\n";
  EXPECT_EQ(Taken(own + "catalogue: [goals]"), "conversion pace");
  EXPECT_EQ(Taken(own + "catalogue: all"), "conversion pace leads scored won lost");
}

// Names of the derived fields, sorted.
std::string Fields(const std::string& yaml) {
  const CatalogueFile files[] = {
      {"goals",
       "title: G\nhelp: G.\nfields: {half: worth * 0.5}\nkpis: [{name: x, on: a.b, sum: half, windows: [1h]}]"},
      {"sales", R"(title: S
help: S.
fields: {worth: a.c * a.d, team: 'reps[a.rep].team', big: worth + 1, id: 'ids[a.id].of', unused: a.c + 1}
kpis:
- {name: y, on: a.b, count: true, by: {sales_team: team}, where: big > 2, windows: [1h]}
- {name: z, on: a.b, distinct: [id, a.id], windows: [1h]}
)"}};
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", TextBefore(kInput) + yaml + "\n", &specs, &diagnostics, files);
  EXPECT_EQ(diagnostics.ToString(), "");
  std::string names;
  for (const FieldSpec& field : specs.fields) names += (names.empty() ? "" : " ") + field.name;
  return names;
}

TEST(Catalogue, GivesTheFieldsThatKpisNeedUnlessTheConfigurationHasThem) {
  EXPECT_EQ(Fields("catalogue: [goals]"), "half worth");
  EXPECT_EQ(Fields("catalogue: all"), "big half id team worth");
  EXPECT_EQ(Fields("catalogue: [goals]\nfields: {half: a.c * 2}"), "half");
  EXPECT_EQ(Fields("catalogue: [goals]\nfields: {worth: big * 2}"), "worth big half") << "its own fields need some too";
  EXPECT_EQ(Fields("catalogue: [goals]\nkpis: [{name: own, on: a.b, max: big, windows: [1h]}]"), "big half worth");
}

TEST(Catalogue, ItsKpisAreThereForRules) {
  EXPECT_EQ(Taken("catalogue: [sales]\nrules: [{name: low, kpi: conversion, below: 0.1}]"),
            "leads won lost conversion");
  EXPECT_EQ(Taken("catalogue: [sales]\nrules: [{name: low, kpi: scored, below: 1}]"),
            "c.yaml:4:26: rules[0].kpi: there is no KPI \"scored\"; there are: leads, won, lost, conversion\n")
      << "a rule takes nothing by itself";
}

TEST(Catalogue, TellsOfMistakesAtTheirPlace) {
  const struct {
    const char* name;
    std::string yaml, expected;
  } kRows[] = {
      {"UnknownSubject", "catalogue: [leads, seles]",
       "c.yaml:3:20: catalogue[1]: there is no subject \"seles\"; did you mean \"sales\"?\n"},
      {"NothingLikeIt", "catalogue: [weather]",
       "c.yaml:3:13: catalogue[0]: there is no subject \"weather\"; there are: goals, leads, sales\n"},
      {"AllAndMore", "catalogue: [leads, all]", "c.yaml:3:20: catalogue[1]: \"all\" stands alone: catalogue: all\n"},
      {"Twice", "catalogue: [leads, leads]", "c.yaml:3:20: catalogue[1]: \"leads\" is given twice\n"},
      {"Empty", "catalogue: []", "c.yaml:3:12: catalogue: is empty\n"},
      {"NoValue", "catalogue:", "c.yaml:3:1: catalogue: has no value; leave the key out for its default\n"},
      {"AMap", "catalogue: {leads: true}", "c.yaml:3:12: catalogue: a list of values is wanted here\n"},
      {"Neither", "rules: []", "c.yaml:1:1: \"kpis\" is missing\n"},
      {"WindowsThatDontFit", "catalogue: goals\nkpis: [{name: leads, on: a.b, count: true, windows: [7d]}]",
       "catalogue/sales.yaml:6:54: kpis[2].windows[0]: 24h is needed of every KPI in the formula; \"leads\" has 7d; "
       "add "
       "it there\n"},
  };
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(Taken(row.yaml), row.expected);
  }
}

TEST(Catalogue, TellsOfItsOwnMistakesInItsOwnFilesAndOnlyOfThoseTaken) {
  const CatalogueFile files[] = {
      {"a", "title: A\nhelp: A.\nkpis:\n- {name: x, on: a.b, cuont: true, windows: [1h]}\n- {on: a.b}\n"},
      {"b", "title: B\nfields: {f: a.b + 1}\nkpis: [{name: x}]\nmore: 1\n"},
      {"c", "help: [\n"},
      {"d", "title: D\nhelp: D.\nfields: {f: 1 +, g: 2 +}\nkpis: [{name: y, on: a.b, count: true, windows: [1h]}]\n"},
  };
  const std::string always =
      "catalogue/a.yaml:5:3: kpis[1]: \"name\" is missing\n"
      "catalogue/b.yaml:1:1: \"help\" is missing\n"
      "catalogue/b.yaml:3:15: kpis[0].name: the KPI \"x\" is given twice, also in catalogue/a.yaml\n"
      "catalogue/b.yaml:4:1: unknown key \"more\"; there are: title, help, fields, kpis\n";
  const std::string taken = Taken("catalogue: a", files), left = Taken("catalogue: d", files);
  EXPECT_NE(taken.find("catalogue/a.yaml:4:22: kpis[0]: unknown key \"cuont\"; did you mean \"count\"?\n"),
            std::string::npos)
      << taken;
  EXPECT_EQ(left.find("cuont"), std::string::npos) << left;
  EXPECT_TRUE(left.starts_with(always)) << left;
  EXPECT_NE(left.find("catalogue/c.yaml:2:1: not valid YAML"), std::string::npos) << left;
  EXPECT_TRUE(
      left.ends_with("catalogue/d.yaml:3:10: fields: the field \"f\" is given twice, also in catalogue/b.yaml\n"))
      << left;
}

TEST(Catalogue, ScenariosMayTakeItToo) {
  const std::string subject(ShippedCatalogue().front().subject);
  const auto mistakes = [](const std::string& yaml) {
    ScenarioFile file;
    Diagnostics diagnostics;
    ParseScenarios("s.yaml", yaml + "\nscenarios: [{name: a, steps: [{at: 1h, expect: [sales_x absent]}]}]\n",
                   Schema::Canonical(), &file, &diagnostics);
    return diagnostics.empty() ? std::to_string(file.specs.kpis.size() > 0) : diagnostics.ToString();
  };
  EXPECT_EQ(mistakes("catalogue: " + subject), "1");
  EXPECT_NE(mistakes("config: x.yaml\ncatalogue: all").find("s.yaml:2:1: catalogue: stands beside config"),
            std::string::npos);
}

// ---- the page -------------------------------------------------------------------------------------------------

TEST(CataloguePage, ShowsMetricsAsExposedAndDefinitionsAsWritten) {
  const CatalogueFile files[] = {
      {"leads", R"(title: Lead generation
help: How many.
fields:
  age: days_since(lead.created)
  # An hour is a twenty-fourth of it.

kpis:
  - name: leads
    help: Leads created.
    on: lead.created
    count: true
    # by the tool's word
    by: &split {channel: &channel lead.channel}
    windows: [24h, lifetime]
    compare: [1w]

  # Of the next.
  - {name: spent, unit: usd, on: order.paid, sum: order.amount, where: order.currency == "USD", windows: [7d]}
  - name: late
    help: Deals & leads, *all.
    on: &late [lead.contacted,
         lead.scored]
    where: lead.stage in ["*late", "a"]
    by: *split
    count: true
    windows: [7d]
  - {name: later, help: The same., on: *late, distinct: lead.id, windows: [7d]}
# The end.
)"},
  };
  Diagnostics diagnostics;
  EXPECT_EQ(CataloguePage(files, &diagnostics).substr(0, 25), "# The catalogue: 4 KPIs\n\n");
  const std::string page = CataloguePage(files, &diagnostics);
  EXPECT_EQ(diagnostics.ToString(), "");
  EXPECT_EQ(page.substr(page.find("\n| subject")), R"(
| subject | KPIs | what |
|---|---|---|
| [leads](#leads-lead-generation) | 4 | Lead generation |

## leads: Lead generation
How many.

```yaml
fields:
  age: days_since(lead.created)
```

### leads
Leads created.

| metric | labels | windows |
|---|---|---|
| `sales_leads` | `channel` | `24h`, `lifetime` |
| `sales_leads_total` | `channel` | since the beginning |
| `sales_leads_compare` | `channel`, `compare` | `24h` |
| `sales_leads_growth_ratio` | `channel`, `compare` | `24h` |

```yaml
- name: leads
  help: Leads created.
  on: lead.created
  count: true
  # by the tool's word
  by: {channel: lead.channel}
  windows: [24h, lifetime]
  compare: [1w]
```

### spent
Sum of order.amount over order.paid. Unit: usd.

| metric | labels | windows |
|---|---|---|
| `sales_spent` |  | `7d` |

```yaml
- {name: spent, unit: usd, on: order.paid, sum: order.amount, where: order.currency == "USD", windows: [7d]}
```

### late
Deals & leads, *all.

| metric | labels | windows |
|---|---|---|
| `sales_late` | `channel` | `7d` |

```yaml
- name: late
  help: Deals & leads, *all.
  on: [lead.contacted,
       lead.scored]
  where: lead.stage in ["*late", "a"]
  by: {channel: lead.channel}
  count: true
  windows: [7d]
```

### later
The same.

| metric | labels | windows |
|---|---|---|
| `sales_later` |  | `7d` |

```yaml
- {name: later, help: The same., on: [lead.contacted, lead.scored], distinct: lead.id, windows: [7d]}
```
)");
}

TEST(CataloguePage, IsNoneWhenTheCatalogueIsWrong) {
  const CatalogueFile files[] = {
      {"a", "title: A\nhelp: A.\nkpis: [{name: x, on: no.such, count: true, windows: [1h]}]"}};
  Diagnostics diagnostics;
  EXPECT_EQ(CataloguePage(files, &diagnostics), "");
  EXPECT_TRUE(diagnostics.ToString().starts_with("catalogue/a.yaml:3:")) << diagnostics.ToString();
}

// ---- what ships -----------------------------------------------------------------------------------------------

std::string Compiled(const std::string& yaml) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", TextBefore(kInput) + yaml + "\n", &specs, &diagnostics);
  if (diagnostics.empty()) Plan::Compile(specs, Schema::Canonical(), &diagnostics);
  return diagnostics.ToString();
}

TEST(ShippedCatalogue, EachSubjectFitsTheEventSchemaAlone) {
  EXPECT_FALSE(ShippedCatalogue().empty());
  for (const CatalogueFile& file : ShippedCatalogue()) {
    EXPECT_EQ(Compiled("catalogue: [" + std::string(file.subject) + "]"), "") << file.subject;
  }
}

TEST(ShippedCatalogue, AllOfItGoesTogether) { EXPECT_EQ(Compiled("catalogue: all"), ""); }

TEST(ShippedCatalogue, EveryKpiSaysWhatItIs) {
  Specs specs;
  Diagnostics diagnostics;
  ParseConfig("c.yaml", TextBefore(kInput) + "catalogue: all\n", &specs, &diagnostics);
  for (const KpiSpec& kpi : specs.kpis) EXPECT_TRUE(kpi.at.contains("help")) << kpi.name;
}

std::vector<std::string> Lines(std::istream& in) {
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(ShippedCatalogue, ItsPageIsCurrent) {
  Diagnostics diagnostics;
  std::istringstream page(CataloguePage(ShippedCatalogue(), &diagnostics));
  ASSERT_EQ(diagnostics.ToString(), "");
  std::ifstream file(TIDEMARK_CATALOGUE "/README.md");
  const std::vector<std::string> wanted = Lines(page), there = Lines(file);
  for (size_t i = 0; i < std::max(wanted.size(), there.size()); ++i) {
    const std::string line = i < there.size() ? there[i] : "(the end)";
    ASSERT_EQ(line, i < wanted.size() ? wanted[i] : "(the end)")
        << "line " << i + 1 << " of config/catalogue/README.md is of another catalogue; refresh it with\n"
        << "  tidemark generate catalogue --output=config/catalogue/README.md";
  }
}

}  // namespace
}  // namespace tidemark
