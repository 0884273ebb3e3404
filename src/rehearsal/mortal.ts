/** The contract's methods for as long as the process lives; after that they are never heard of again. */
export function mortal<Contract extends object>(contract: Contract, isAlive: () => boolean): Contract {
  return new Proxy(contract, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name, target);
      if (typeof method !== 'function') return method;
      return async (...args: unknown[]): Promise<unknown> => {
        if (!isAlive()) return new Promise(() => undefined);
        const answer: unknown = await Reflect.apply(method, target, args);
        return isAlive() ? answer : new Promise(() => undefined);
      };
    },
  });
}
