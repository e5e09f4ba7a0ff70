using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Storage.Tests.Places;

/// <summary>Where instances keep what they share beside their stores.</summary>
public enum Place
{
    Folder,
    Blobs,
}

/// <summary>The places that this machine has.</summary>
public static class PlacesHere
{
    public static TheoryData<Place> All =>
        Machine.Lacks(Need.Azurite) is null ? new(Place.Folder, Place.Blobs) : new(Place.Folder);
}

/// <summary>Without blob storage half of the contracts is not run: that is told here.</summary>
public sealed class PlacesHereTests
{
    [NeedsFact(Need.Azurite)]
    public void The_contracts_are_run_over_blobs_as_well() => Assert.Equal(2, PlacesHere.All.Count);
}
