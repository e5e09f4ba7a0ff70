using System.Collections.Immutable;
using KeyRecovery.Client.Http;
using KeyRecovery.Client.Results;
using KeyRecovery.Protocol.Vault;

namespace KeyRecovery.Client.Items;

/// <summary>Edits as an app gives them, each under the one spelling of its name.</summary>
internal static class NamedEdits
{
    /// <summary>Reads the edits of a call.</summary>
    /// <returns>As many; or what is wrong with one of them.</returns>
    public static Result<ImmutableArray<T>> Read<T>(ImmutableArray<T> edits)
        where T : ItemEdit
    {
        if (edits.IsDefault) return new ClientFailure.Invalid("no changes are given");
        var read = ImmutableArray.CreateBuilder<T>(edits.Length);
        foreach (var edit in edits)
        {
            if (edit is null) return new ClientFailure.Invalid("a change is missing");
            if (!NameWords.TryRead("an item's name", edit.Name, out var name, out var fault)) return fault;
            if (edit is ItemEdit.Put { Content.Length: > Limits.MaxItemBytes and var length })
                return LimitWords.Item(Limits.MaxItemBytes, length);
            read.Add((T)edit.Under(name));
        }
        return read.Select(e => e.Name).Distinct(StringComparer.Ordinal).Count() == read.Count
            ? read.ToImmutable() : new ClientFailure.Invalid("an item is named twice");
    }
}
