namespace KeyRecovery.Protocol.Vault;

/// <summary>Lists have one order only, so that a structure has one spelling.</summary>
internal static class Ascending
{
    public static bool Strictly<T, TKey>(IReadOnlyList<T> list, Func<T, TKey> key) where TKey : IComparable<TKey>
    {
        for (var i = 1; i < list.Count; i++)
            if (key(list[i - 1]).CompareTo(key(list[i])) >= 0) return false;
        return true;
    }
}
