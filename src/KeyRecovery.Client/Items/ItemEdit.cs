using System.Diagnostics;

namespace KeyRecovery;

/// <summary>One change to an item. Several go into one commit: all or none.</summary>
[DebuggerDisplay("{Name}")]
public abstract record ItemEdit
{
    private ItemEdit(string name) => Name = name;

    /// <summary>The item's name, 1–64 bytes of UTF-8.</summary>
    public string Name { get; }

    /// <summary>The same under another spelling of the name.</summary>
    internal ItemEdit Under(string name) => this is Put put ? new Put(name, put.Content) : new Remove(name);

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
