/** A service's name is also its PostgreSQL schema. A closed list, so that it may stand in SQL as it is. */
export type ServiceName = 'inventory' | 'payments' | 'shipping';
