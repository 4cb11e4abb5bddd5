import { familyOf, processes, readProcess } from '../proc';

const PAGE_BYTES = 4_096;
const MEBIBYTE = 2 ** 20;

/**
 * Resident memory in MiB of a process and all that descends from it. Memory that processes share, as PostgreSQL's do, counts
 * once for each.
 */
export const residentMiB = (pid: number): number =>
  familyOf(pid, processes()).reduce((sum, member) => sum + pagesOf(member), 0) * (PAGE_BYTES / MEBIBYTE);

const pagesOf = (pid: number): number => Number(readProcess(`${pid}/statm`)?.split(' ')[1] ?? 0);
