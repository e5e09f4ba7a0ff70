using System.Collections.Frozen;

namespace KeyRecovery.Api.Auth;

/// <summary>The words of the scopes, in tokens and in settings.</summary>
internal static class OperatorScopes
{
    private static readonly FrozenDictionary<string, OperatorScope> ByWord = new Dictionary<string, OperatorScope>
    {
        ["keyrecovery.erase"] = OperatorScope.Erase,
        ["keyrecovery.events"] = OperatorScope.Events,
        ["keyrecovery.statistics"] = OperatorScope.Statistics,
        ["keyrecovery.accounts.read"] = OperatorScope.ReadAccounts,
        ["keyrecovery.accounts.suspend"] = OperatorScope.Suspend,
        ["keyrecovery.hold"] = OperatorScope.Hold,
        ["keyrecovery.move"] = OperatorScope.Move,
        ["keyrecovery.export"] = OperatorScope.Export,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>All words, in the order of the scopes.</summary>
    public static IEnumerable<string> Words => ByWord.OrderBy(word => word.Value).Select(word => word.Key);

    /// <summary>Whether it is the word of a scope, byte for byte.</summary>
    public static bool IsWord(string word) => ByWord.ContainsKey(word);

    /// <summary>Whether a list of words has a scope's.</summary>
    public static bool Have(IEnumerable<string> words, OperatorScope scope) =>
        words.Any(word => ByWord.TryGetValue(word, out var named) && named == scope);
}
