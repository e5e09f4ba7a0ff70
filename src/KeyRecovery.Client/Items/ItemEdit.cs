using System.Collections.Immutable;
using System.Diagnostics;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Results;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery;

/// <summary>One change to an item. Several go into one commit: all or none.</summary>
[DebuggerDisplay("{Name}")]
public abstract record ItemEdit
{
    private ItemEdit(string name) => Name = name;

    /// <summary>The item's name, 1–64 bytes of UTF-8.</summary>
    public string Name { get; }

    /// <summary>Reads the edits of a call, each under the one spelling of its name.</summary>
    /// <returns>As many; or what is wrong with one of them.</returns>
    internal static Result<ImmutableArray<T>> ReadAll<T>(ImmutableArray<T> edits)
        where T : ItemEdit
    {
        if (edits.IsDefault) return new ClientFailure.Invalid("no changes are given");
        var read = ImmutableArray.CreateBuilder<T>(edits.Length);
        foreach (var edit in edits)
        {
            if (edit is null) return new ClientFailure.Invalid("a change is missing");
            if (!NameWords.TryRead("an item's name", edit.Name, out var name, out var fault)) return fault;
            if (edit is Put { Content.Length: > Limits.MaxItemBytes and var length })
                return LimitWords.Item(Limits.MaxItemBytes, length);
            read.Add((T)edit.Under(name));
        }
        return read.Select(e => e.Name).Distinct(StringComparer.Ordinal).Count() == read.Count
            ? read.ToImmutable() : new ClientFailure.Invalid("an item is named twice");
    }

    /// <summary>What is wrong with an edit of an app: a name that is KeyRecovery's own.</summary>
    internal static ClientFailure.Invalid? FindReserved<T>(ImmutableArray<T> edits)
        where T : ItemEdit => !edits.IsDefault && edits.Any(e => e?.Name is { } name && ReservedName.Is(name))
            ? new ClientFailure.Invalid("names that begin with ~ belong to KeyRecovery") : null;

    private ItemEdit Under(string name) => this is Put put ? new Put(name, put.Content) : new Remove(name);

    /// <summary>Never the content.</summary>
    public sealed override string ToString() => Name;

    /// <summary>Stores content under the name, as a new version where the item is there.</summary>
    /// <param name="Name">The name.</param>
    /// <param name="Content">At most 262,144 bytes, unless the app's policy says otherwise.</param>
    public sealed record Put(string Name, ReadOnlyMemory<byte> Content) : ItemEdit(Name);

    /// <summary>Removes the item.</summary>
    /// <param name="Name">The name.</param>
    public sealed record Remove(string Name) : ItemEdit(Name);
}
