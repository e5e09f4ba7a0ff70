using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;

namespace KeyRecovery.Protocol.Tests.Passphrases;

/// <summary>The key of a device's files under a passphrase (docs/protocol.md §10).</summary>
public sealed class LockedDeviceKeys
{
    private static readonly StretchProfile Cheap = new(2, StretchProfile.MinMemoryKiB, 1);
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    // Made by another implementation (Python, the reference program of Argon2), and read by every later version.
    private const string Frozen =
        "8778196b65797265636f766572792f76312f6465766963652d6b65790102194c00015071c670db8b9d9dd3fa17"
        + "d83bd98e4a98584891817d87454cba8c7a5f8d62be5e21778f227e2fa86ac273025ddb60fc08c9403f9f34111f"
        + "e1e81f20a7dbd23ceb2e7e4abc2b5bd7c78b04a203e67f0a8c9e8df5c1f9fb63aed058";

    [Fact]
    public void WhatWasWrittenOnceOpensForEver()
    {
        using var passphrase = Read("correct horse battery staple");
        using var key = LockedDeviceKey.Open(Convert.FromHexString(Frozen), passphrase);
        Assert.Equal(Key, key!.Span.ToArray());
        Assert.Equal(Frozen, Convert.ToHexStringLower(
            LockedDeviceKey.Lock(Key, passphrase, Cheap, new TestRandom(10))));
    }

    [Fact]
    public void TheSameBytesAreMadeOfTheParts()
    {
        // By the page alone: header, Argon2id of the passphrase, box.
        using var passphrase = Read("correct horse battery staple");
        var random = new TestRandom(10);
        var salt = random.Bytes(16);
        var lockKey = new byte[32];
        Argon2id.DeriveOnLanes("correct horse battery staple"u8, salt, Cheap, lockKey);
        CborOut Header(int count) => new CborOut().Array(count).Text("keyrecovery/v1/device-key").UInt(1)
            .UInt(2).UInt(19_456).UInt(1).Bytes(salt);
        var box = SecretBox.Seal(lockKey, Header(6).ToArray(), Key, random);
        Assert.Equal(Frozen, Convert.ToHexStringLower(Header(7).Bytes(box).ToArray()));
    }

    [Fact]
    public void AnotherPassphraseOpensNothingAndTheDefaultCostsWhatThePageSays()
    {
        using var right = Read("correct horse battery staple");
        using var wrong = Read("correct horse battery stable");
        var locked = LockedDeviceKey.Lock(Key, right, LockedDeviceKey.DefaultProfile, new TestRandom(3));
        Assert.Null(LockedDeviceKey.Open(locked, wrong));
        using var key = LockedDeviceKey.Open(locked, right);
        Assert.Equal(Key, key!.Span.ToArray());
        Assert.Equal(new StretchProfile(3, 65_536, 1), LockedDeviceKey.DefaultProfile);
        Assert.True(LockedDeviceKey.IsBegunBy(locked));
        Assert.InRange(locked.Length, 125, LockedDeviceKey.MaxBytes);
    }

    [Theory]
    [InlineData(1, 65_536, 1)]
    [InlineData(17, 65_536, 1)]
    [InlineData(2, 19_455, 1)]
    [InlineData(2, 1_048_577, 1)]
    [InlineData(16, 1_048_576, 1)]
    [InlineData(2, 65_536, 17)]
    public void WorkBeyondTheLimitsIsRefusedBeforeItIsDone(int passes, int memory, int lanes)
    {
        using var passphrase = Read("correct horse battery staple");
        var locked = new CborOut().Array(7).Text("keyrecovery/v1/device-key").UInt(1).UInt((ulong)passes)
            .UInt((ulong)memory).UInt((ulong)lanes).Bytes(new byte[16]).Bytes(new byte[72]).ToArray();
        Assert.Throws<WireFormatException>(() => LockedDeviceKey.Open(locked, passphrase));
        Assert.ThrowsAny<ArgumentException>(() => LockedDeviceKey.Lock(
            Key, passphrase, new StretchProfile(passes, memory, lanes), new TestRandom(1)));
    }

    [Fact]
    public void ANewerVersionIsToldAndABareKeyIsNoLockedOne()
    {
        using var passphrase = Read("correct horse battery staple");
        var newer = new CborOut().Array(3).Text("keyrecovery/v1/device-key").UInt(2).UInt(0).ToArray();
        Assert.True(LockedDeviceKey.IsBegunBy(newer));
        Assert.Throws<UpgradeRequiredException>(() => LockedDeviceKey.Open(newer, passphrase));
        Assert.False(LockedDeviceKey.IsBegunBy(Key));
        Assert.False(LockedDeviceKey.IsBegunBy([]));
    }

    private static Passphrase Read(string text) => ((PassphraseParse.Ok)Passphrase.Parse(text)).Passphrase;
}
