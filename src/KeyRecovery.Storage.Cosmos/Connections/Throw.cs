using KeyRecovery.Service.Stores;
using KeyRecovery.Storage.Cosmos.Documents;
using KeyRecovery.Storage.Cosmos.Options;

namespace KeyRecovery.Storage.Cosmos.Connections;

/// <summary>Every exception for a caller's mistake, and for stores that must not be opened.</summary>
internal static class Throw
{
    public static ArgumentException ForeignTable(Table table) =>
        new($"{table} is not a table of this store", nameof(table));

    public static ArgumentException TooLarge(Table table, int size) =>
        new($"a value of {size} bytes for {table} makes a document of more than {RowDocument.MaxSize} bytes");

    public static StoreOpenException SamePlace(Uri endpoint) =>
        new($"the data store and the key store need an account each; both were given {endpoint}");

    public static StoreOpenException Unfit(IEnumerable<string> problems) => new(string.Join("; ", problems));

    public static StoreOpenException NotMigrated(CosmosAccountOptions place) =>
        new($"{place} is not made for this version of KeyRecovery yet: run migrate");

    public static StoreOpenException NotFinished(CosmosAccountOptions place) =>
        new($"{place} is still written by older versions of KeyRecovery: run migrate --finish");

    public static StoreOpenException Restoring(CosmosAccountOptions place, string restore) =>
        new($"a restore ({restore}) was begun in {place} and has not ended: run it again");

    public static StoreOpenException OtherRestore(CosmosAccountOptions place, string? found) =>
        new($"in {place} there is {(found is null ? "no restore" : $"another restore ({found})")} under way");

    public static StoreOpenException Changing(CosmosAccountOptions place) =>
        new($"what {place} says of itself keeps changing: is another migrate or restore running?");

    public static InvalidOperationException NotYet(Table table, int written) =>
        new($"{table} is of schema {table.Since}, and no more than {written} may be written yet");

    public static StoreOpenException NotOurs(CosmosAccountOptions place, string role) =>
        new($"{place} is not a KeyRecovery {role}");

    public static StoreOpenException Newer(CosmosAccountOptions place, int found, int known) =>
        new($"{place} was made by a newer version of KeyRecovery (schema {found}, this one knows {known})");

    public static StoreOpenException Lost(CosmosAccountOptions present, CosmosAccountOptions missing, string role) =>
        new($"{present} is a store, but {missing} is empty. A lost {role} is never replaced by an empty one: have the "
            + "platform restore it, or restore a backup");

    public static StoreOpenException ForeignPair(CosmosAccountOptions data, CosmosAccountOptions keys) =>
        new($"{data} and {keys} do not belong together");

    public static StoreOpenException Moving(CosmosAccountOptions place, MoveMark mark) =>
        new(mark.State == MoveState.GivenUp
            ? $"{place} has what a move from {mark.Other} has left that was given up: delete the databases"
            : $"{place} is being filled from {mark.Other}, and is not whole yet: run migrate --from sqlite --to "
                + "cosmos to its end");

    public static StoreOpenException Taken(CosmosAccountOptions place) =>
        new($"somebody else has written {place} meanwhile: look who, and run it again");
}
