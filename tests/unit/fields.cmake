# Derived fields and tables, from text to values: config and plan together.
tidemark_test(fields_test
  SOURCES ${CMAKE_CURRENT_LIST_DIR}/fields_config_test.cc ${CMAKE_CURRENT_LIST_DIR}/fields_csv_test.cc ${CMAKE_CURRENT_LIST_DIR}/table_rows_test.cc
          ${CMAKE_CURRENT_LIST_DIR}/fields_plan_test.cc ${CMAKE_CURRENT_LIST_DIR}/fields_values_test.cc
  LIBS tidemark_config tidemark_proto LABELS unit)
target_compile_definitions(fields_test PRIVATE TIDEMARK_EXAMPLES="${CMAKE_CURRENT_LIST_DIR}/../../config/examples")
tidemark_test(daemon_tables_test SOURCES ${CMAKE_CURRENT_LIST_DIR}/daemon_tables_test.cc LIBS tidemark_daemon LABELS unit)
