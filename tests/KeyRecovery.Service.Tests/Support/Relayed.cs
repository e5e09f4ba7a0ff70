using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Linking;

namespace KeyRecovery.Service.Tests.Support;

/// <summary>Reads a relay's answers.</summary>
internal static class Relayed
{
    public static void Is<T>(T expected, Outcome<T> outcome) =>
        Assert.Equal(expected, Assert.IsType<Outcome<T>.Done>(outcome).Value);

    public static void Done<T>(Outcome<T> outcome) => Assert.IsType<Outcome<T>.Done>(outcome);

    public static void Fails<T>(ErrorCode code, Outcome<T> outcome, string? field = null)
    {
        var failure = Assert.IsType<Outcome<T>.Failed>(outcome).Failure;
        Assert.Equal((code, field), (failure.Code, failure.Field));
    }

    public static void Message(byte[] expected, Outcome<LinkRead> outcome) => Assert.Equal(
        expected, Assert.IsType<LinkRead.Message>(Assert.IsType<Outcome<LinkRead>.Done>(outcome).Value).Bytes
            .ToArray());
}
