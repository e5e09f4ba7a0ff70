namespace KeyRecovery.Protocol.Vault;

/// <summary>Lists have one order only, so that a structure has one spelling.</summary>
internal static class Ascending
{
    public static bool Strictly<T, TKey>(IReadOnlyList<T> list, Func<T, TKey> key) where TKey : IComparable<TKey> =>
        Strictly(list, (a, b) => key(a).CompareTo(key(b)));

    public static bool Strictly<T>(IReadOnlyList<T> list, Comparison<T> compare)
    {
        for (var i = 1; i < list.Count; i++)
            if (compare(list[i - 1], list[i]) >= 0) return false;
        return true;
    }
}
