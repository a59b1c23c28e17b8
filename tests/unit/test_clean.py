"""Frames of a notebook's kernel become the frames a person knows."""

from helpers.ascii import draw, rows, show
from helpers.strategies import profiles
from hypothesis import given

from perfnb.notebook.clean import EVENT_LOOP, name_cells, without_machinery

CELLS = {"/tmp/ipykernel_7/111.py": 4, "/tmp/ipykernel_7/222.py": 5}


def clean(picture, thread=1):
    return without_machinery(name_cells(draw(picture), CELLS), thread)


def test_functions_of_cells_get_the_cells_name():
    profile = name_cells(
        draw("""
            <module> </tmp/ipykernel_7/222.py:3>    <cell line: 2>() </tmp/ipykernel_7/111.py:2>
            train </tmp/ipykernel_7/111.py:12>      helper <app.py:9>
        """),
        CELLS,
    )
    assert show(profile.call_tree()) == (
        "all 0/2\n  In [4]:2 0/1\n    helper 1/1\n  In [5]:3 0/1\n    In [4]:12 train 1/1"
    )
    assert {f.module for row in rows(profile) for f in row.functions()} == {"__main__", "app"}


def test_a_cell_run_again_is_one_function_with_the_run_before():
    profile = name_cells(
        draw("f </tmp/a.py:1>    f </tmp/b.py:1>"), {"/tmp/a.py": 3, "/tmp/b.py": 3}
    )
    assert show(profile.call_tree()) == "all 0/2\n  In [3]:1 f 2/2"


KERNEL = """
    _run_module_as_main <runpy.py>
    launch_new_instance <traitlets/config/application.py>
    start <ipykernel/kernelapp.py>
    run_forever <asyncio/base_events.py>
    execute_request <ipykernel/kernelbase.py>
    InteractiveShell.run_cell <IPython/core/interactiveshell.py>
"""


def test_the_kernel_around_a_cell_is_gone():
    profile = clean(
        KERNEL
        + """
    <module> </tmp/ipykernel_7/222.py:3>
    dumps <json/__init__.py>
    """
    )
    assert show(profile.call_tree()) == "all 0/1\n  In [5]:3 0/1\n    dumps 1/1"


def test_samples_of_nothing_but_the_kernel_are_dropped():
    profile = clean(
        KERNEL
        + """
    select <selectors.py>
    """,
        thread=99,
    )
    assert len(profile) == 0


def test_waiting_in_the_event_loop_belongs_to_the_cell_in_its_own_thread_only():
    profile = clean("""
                start <ipykernel/kernelapp.py>          run <threading.py>
                run_forever <asyncio/base_events.py>    run_forever <asyncio/base_events.py>
                select <selectors.py>                   select <selectors.py>
        thread: MainThread                              Control
    """)
    (row,) = rows(profile)
    assert [(f.name, f.kind) for f in row.functions()] == [(EVENT_LOOP, "synthetic")]
    assert row.thread.name == "MainThread"


def test_a_thread_of_the_users_keeps_its_stack_without_the_way_into_it():
    profile = clean("""
        _bootstrap <threading.py>
        run <threading.py>
        crunch <app.py>
        wait <threading.py>
    """)
    assert show(profile.call_tree()) == "all 0/1\n  crunch 0/1\n    wait 1/1"


def test_libraries_that_the_cell_calls_are_not_machinery():
    profile = clean("""
        run_cell <IPython/core/interactiveshell.py>
        <module> </tmp/ipykernel_7/222.py:1>
        run <asyncio/runners.py>
        main </tmp/ipykernel_7/222.py:2>
    """)
    assert show(profile.call_tree()) == (
        "all 0/1\n  In [5]:1 0/1\n    run 0/1\n      In [5]:2 main 1/1"
    )


def test_perfnb_itself_and_what_follows_an_exception_are_gone():
    profile = clean("""
        <module> </tmp/ipykernel_7/222.py:1>    run_cell <IPython/core/interactiveshell.py>
        flame <perfnb/notebook/magics.py>       InteractiveShell.showtraceback <IPython/core/a.py>
        start <perfnb/capture/record.py>        format <IPython/core/ultratb.py>
    """)
    assert len(profile) == 0


def test_a_magic_that_runs_code_of_the_cell_vanishes_between_the_two():
    profile = clean("""
        run_cell <IPython/core/interactiveshell.py>
        <module> </tmp/ipykernel_7/222.py:1>
        InteractiveShell.run_cell_magic <IPython/core/interactiveshell.py>
        time <IPython/core/magics/execution.py>
        <module> </tmp/ipykernel_7/222.py:2>
        work <app.py>
    """)
    assert show(profile.call_tree()) == "all 0/1\n  In [5]:2 0/1\n    work 1/1"


def test_what_a_magic_does_itself_stays_below_the_cell():
    profile = clean("""
        run_cell <IPython/core/interactiveshell.py>
        <module> </tmp/ipykernel_7/222.py:1>
        InteractiveShell.run_line_magic <IPython/core/interactiveshell.py>
        history <IPython/core/magics/history.py>
    """)
    assert show(profile.call_tree()) == (
        "all 0/1\n  In [5]:1 0/1\n    InteractiveShell.run_line_magic 0/1\n      history 1/1"
    )


def test_cleaning_keeps_thread_weight_time_and_state():
    profile = clean("""
                run_cell <IPython/core/shell.py>        run_cell <IPython/core/shell.py>
                <module> </tmp/ipykernel_7/222.py:1>    display <IPython/display.py>
        thread: MainThread                              MainThread
        weight: 5                                       7
        time:   10                                      20
        state:  on-CPU                                  off-CPU
    """)
    (row,) = rows(profile)
    assert row[1:] == (profile.threads[0], 5, 10, "on-CPU")


@given(profiles())
def test_cleaning_only_cuts(profile):
    cleaned = without_machinery(profile, 1)
    assert {row[1:] for row in rows(cleaned)} <= {row[1:] for row in rows(profile)}
    assert without_machinery(cleaned, 1).total == cleaned.total
