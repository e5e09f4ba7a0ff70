using KeyRecovery.Protocol.Primitives;

namespace KeyRecovery.Client.Tests.Linking;

/// <summary>Draws typed link codes whose nameplate is somebody else's, some times over.</summary>
internal sealed class UnluckyRandom(string nameplate, int times) : IRandom
{
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    private const int TypedCode = 17;

    private int _left = times;

    /// <inheritdoc/>
    public void Fill(Span<byte> destination)
    {
        SystemRandom.Instance.Fill(destination);
        if (destination.Length != TypedCode || _left-- <= 0) return;
        for (var i = 0; i < nameplate.Length; i++)
            destination[i] = (byte)Alphabet.IndexOf(nameplate[i], StringComparison.Ordinal);
    }
}
