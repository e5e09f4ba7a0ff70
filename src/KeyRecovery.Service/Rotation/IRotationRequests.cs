namespace KeyRecovery.Service.Rotation;

/// <summary>Where an erasure asks for a rotation of the KEK.</summary>
public interface IRotationRequests
{
    /// <summary>
    /// Asks that the KEK that is current now be replaced and destroyed, as soon as the least interval between two
    /// rotations allows. Returns at once; asking twice is asking once. Not durable: whoever still waits asks again
    /// after a restart.
    /// </summary>
    void Request();
}
