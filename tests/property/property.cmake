tidemark_test(engine_property_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/engine_property_test.cc
  LIBS tidemark_oracle LABELS property TIMEOUT 300)
tidemark_test(entity_property_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/entity_property_test.cc
  LIBS tidemark_oracle LABELS property TIMEOUT 300)
tidemark_test(fields_property_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/fields_property_test.cc
  LIBS tidemark_config tidemark_engine tidemark_store tidemark_proto LABELS property TIMEOUT 300)
tidemark_test(backfill_property_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/backfill_property_test.cc
  LIBS tidemark_oracle LABELS property TIMEOUT 300)
tidemark_test(explain_property_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/explain_property_test.cc
  LIBS tidemark_oracle tidemark_explain LABELS property TIMEOUT 300)
tidemark_test(import_property_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/import_property_test.cc
  LIBS tidemark_oracle LABELS property TIMEOUT 300)
tidemark_test(facts_property_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/facts_property_test.cc
  LIBS tidemark_fakes tidemark_config tidemark_engine tidemark_store tidemark_proto LABELS property TIMEOUT 300)
tidemark_test(schemas_property_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/schemas_property_test.cc
  LIBS tidemark_fakes tidemark_config tidemark_engine tidemark_store tidemark_proto LABELS property TIMEOUT 300)
