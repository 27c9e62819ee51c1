"""Mutate the modules that decide most, and report the mistakes that no test finds.

    PYTHONPATH=tests python -m mutation [--sample N] [--seed N] [--list] [module ...]

A module is named by its end: `batch.states`. At most 40 mutants of each module are tried, chosen by the seed; `--sample 0` tries all.
The exit code is 1 if in some module fewer than 90 % were found.
"""

from __future__ import annotations

import argparse
import random
import sys
from time import monotonic

from mutation.deciding import DECIDING, EQUIVALENT
from mutation.mutants import Mutant, mutants_of
from mutation.trial import Trials, path_of

LEAST = 0.9


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="mutation", description="Report the mistakes in a module that no test finds.")
    parser.add_argument("modules", nargs="*", help="ends of names of modules, all by default")
    parser.add_argument("--sample", type=int, default=40, help="how many mutants of each module, 0 for all")
    parser.add_argument("--seed", type=int, default=0, help="chooses the mutants")
    parser.add_argument("--list", action="store_true", help="print the mutants, and run nothing")
    return parser.parse_args()


def _chosen(module: str, arguments: argparse.Namespace) -> list[Mutant]:
    known = EQUIVALENT.get(module, {})
    mutants = [each for each in mutants_of(path_of(module).read_text()) if each.change not in known]
    if 0 < arguments.sample < len(mutants):
        chosen = sorted(random.Random(arguments.seed).sample(range(len(mutants)), arguments.sample))
        mutants = [mutants[index] for index in chosen]
    return mutants


def _survivors(module: str, mutants: list[Mutant]) -> list[Mutant]:
    """Return the mutants that the tests of a module do not find.

    Raises:
        SystemExit: The tests fail without any mutant.
    """
    trials = Trials(module, DECIDING[module])
    started = monotonic()
    if not trials.passes(path_of(module).read_text(), 600):
        sys.exit(f"{module}: its tests fail: {' '.join(DECIDING[module])}")
    timeout_s = 10 + 3 * (monotonic() - started)
    survivors = []
    for mutant in mutants:
        if trials.passes(mutant.source, timeout_s):
            survivors.append(mutant)
            print(f"  {module}:{mutant.line}: {mutant.change}", flush=True)
    return survivors


def main() -> int:
    """Mutate the modules that the command line names; return the exit code."""
    arguments = _parse()
    modules = [each for each in DECIDING if not arguments.modules or each.endswith(tuple(arguments.modules))]
    are_good = True
    for module in modules:
        mutants = _chosen(module, arguments)
        if arguments.list:
            print(f"{module}: {len(mutants)}", *(f"  {each.line}: {each.change}" for each in mutants), sep="\n")
            continue
        started = monotonic()
        survivors = _survivors(module, mutants)
        found = len(mutants) - len(survivors)
        are_good = are_good and found >= LEAST * len(mutants)
        print(f"{module}: {found} of {len(mutants)} found, {monotonic() - started:.0f} s", flush=True)
    return 0 if are_good else 1


if __name__ == "__main__":
    sys.exit(main())
