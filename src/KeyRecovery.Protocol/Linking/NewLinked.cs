using System.Diagnostics;
using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Protocol.Linking;

/// <summary>
/// The end on the new device: it is in the account and holds the app's bundle. Zeroed on disposal, prints
/// <c>[redacted]</c>.
/// </summary>
[DebuggerDisplay("[redacted]")]
public sealed class NewLinked : IDisposable
{
    internal NewLinked(AccountId account, SecretBytes content) => (Account, Content) = (account, content);

    /// <summary>The account.</summary>
    public AccountId Account { get; }

    /// <summary>The app's bundle, 0 to 204,800 bytes; disposed of with this object.</summary>
    public SecretBytes Content { get; }

    /// <summary>Zeroes the bundle.</summary>
    public void Dispose() => Content.Dispose();

    /// <summary>Always <c>[redacted]</c>.</summary>
    public override string ToString() => Redacted.Text;
}
