import { test } from 'vitest';

// Stands in for the numeric tests of an instruction set this machine does not have, so that their absence is seen.
test.skip(`numeric tests on ${process.env.VECTRAL_ISA}: this machine cannot run it`);
