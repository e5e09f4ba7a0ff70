using KeyRecovery.Service.Stores;

namespace KeyRecovery.Storage.Sqlite.Connections;

/// <summary>Every exception for a table of another store, and for a store that must not be opened.</summary>
internal static class Throw
{
    public static ArgumentException ForeignTable(Table table) =>
        new($"{table} is not a table of this store", nameof(table));

    public static StoreOpenException SamePlace(string folder) =>
        new($"the data store and the key store need a folder each; both were given {folder}");

    public static StoreOpenException NotOurs(string path, string role) =>
        new($"{path} is not a KeyRecovery {role}");

    public static StoreOpenException Newer(string path, long found, long known) =>
        new($"{path} was made by a newer version of KeyRecovery (schema {found}, this one knows {known})");

    public static StoreOpenException Unreleased(string path, long found) =>
        new($"{path} was made before KeyRecovery's first release (schema {found}), and is not read any more: begin "
            + "with a new folder");

    public static StoreOpenException Lost(string present, string missing, string role) =>
        new($"{present} exists, but {missing} is missing or empty. A lost {role} is never replaced by an empty one: " +
            "put the file back, or restore a backup");

    public static StoreOpenException NothingThere(string path) => new($"{path} does not exist");

    public static StoreOpenException ForeignPair(string dataPath, string keyPath) =>
        new($"{dataPath} and {keyPath} do not belong together");

    public static StoreOpenException Restoring(string part) =>
        new($"a restore ({part}) was begun here and has not ended: run it again, with the same set");

    public static StoreOpenException Moved(string path, MoveMark mark) =>
        new(mark.State == MoveState.Left
            ? $"{path} was moved to {mark.Other}: serve from there. As long as nobody has, migrate --from sqlite --to "
                + "cosmos --give-up leads back"
            : $"{path} is being moved to {mark.Other}: run migrate --from sqlite --to cosmos to its end, or with "
                + "--give-up");

    public static StoreOpenException Pragma(string path, string pragma, string wanted, string? found) =>
        new($"{path}: {pragma} should be {wanted} and is {found ?? "nothing"}");
}
